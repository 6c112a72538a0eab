// Sells tickets to tests and writes the files an edge admits by.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/signature.h"
#include "core/keys/key_store.h"
#include "core/ticket/claims.h"

namespace usher::testing {

class BoxOffice {
 public:
  // One for all tests of a program: key pairs take a while to make.
  static BoxOffice& The();

  BoxOffice();

  // A good ticket for one event, for the next hour.
  std::string Ticket(std::string_view event) const;
  std::string Ticket(const ticket::Claims& claims) const;
  // Whatever `payload` says, signed by the same key.
  std::string Sign(std::string_view payload) const;
  Bytes SignBytes(ByteView bytes) const { return key_.Sign(bytes); }
  // Each call has another subject: whoever asks twice has two tickets.
  ticket::Claims Claims(std::string_view event) const;

  const std::string& jwks() const { return jwks_; }
  // jwks.json, session-secrets, master.key and keys/.
  void WriteFiles(const std::filesystem::path& directory) const;
  // A new content key of `event` in <directory>/keys, which may be answered
  // `from` then on (UNIX seconds).
  keys::ContentKey AddKey(const std::filesystem::path& directory,
                          std::string_view event, uint64_t from = 0) const;

 private:
  crypto::SigningKey key_;
  std::string jwks_;
  std::string secrets_;
};

int64_t UnixNow();

}  // namespace usher::testing
