// Credentials whose MAC was found good, so that a player's next request costs
// no HMAC: it sends the same 80 characters with every segment.
//
// Says nothing about time or event, which every request is asked anew. Holds
// the last one that came to each of its places; a forged one never gets in, and
// so never pushes a paid one out.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "core/session/session.h"

namespace usher::session {

class CheckedCredentials {
 public:
  // Null where it is not known, whatever it is. Compares in constant time.
  const Session* Find(std::string_view credential) const;
  // `credential` has kCredentialSize characters and a good MAC.
  const Session& Note(std::string_view credential, const Session& session);

 private:
  // A megabyte in each worker that has viewers.
  static constexpr size_t kPlaces = 8192;
  struct Place {
    std::array<char, kCredentialSize> credential{};
    bool taken = false;
    Session session;
  };
  static size_t PlaceOf(std::string_view credential);

  std::vector<Place> places_;  // none before the first
};

}  // namespace usher::session
