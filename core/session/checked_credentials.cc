#include "core/session/checked_credentials.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"
#include "core/base/secret_bytes.h"

namespace usher::session {

const Session* CheckedCredentials::Find(std::string_view credential) const {
  if (places_.empty() || credential.size() != kCredentialSize) return nullptr;
  const Place& place = places_[PlaceOf(credential)];
  const std::string_view known(place.credential.data(), kCredentialSize);
  const bool same = EqualInConstantTime(AsBytes(known), AsBytes(credential));
  return place.taken && same ? &place.session : nullptr;
}

const Session& CheckedCredentials::Note(std::string_view credential,
                                        const Session& session) {
  if (places_.empty()) places_.resize(kPlaces);
  Place& place = places_[PlaceOf(credential)];
  std::ranges::copy(credential, place.credential.begin());
  place.taken = true;
  place.session = session;
  return place.session;
}

// By its last characters, which are the MAC's: as good as random.
size_t CheckedCredentials::PlaceOf(std::string_view credential) {
  uint64_t last = 0;
  std::memcpy(&last, credential.data() + credential.size() - sizeof(last),
              sizeof(last));
  constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio
  return static_cast<size_t>((last * kSpread) >> 32) % kPlaces;
}

}  // namespace usher::session
