// What an edge signs: the session credential in the path, /s/<credential>/.
//
// base64url (80 characters) of a fixed record of 60 bytes, integers big-endian:
//
//    0  u8     version, 1
//    1  u8     id of the fleet secret
//    2  u8     flags (binding.h)
//    3  u8     seats
//    4  u32    issued, UNIX seconds
//    8  u32    expires, UNIX seconds
//   12  u8[8]  sid, random
//   20  u8[8]  ticket: SHA-256(iss, 0, sub)
//   28  u8[8]  event: SHA-256(event name)
//   36  u8[4]  signing key: RFC 7638 thumbprint of the ticket's key
//   40  u8[4]  binding: what the flags bind it to, zero where nothing
//   44  u8[16] HMAC-SHA256 over bytes 0..43, truncated
//
// The MAC key is HKDF-SHA256(secret, label "usher session v1").
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/digest.h"
#include "core/session/checked_credentials.h"
#include "core/session/session.h"
#include "core/ticket/verdict.h"

namespace usher::session {

// The fleet secrets, read from lines `id:hex [from=UNIXTIME]`; id 0..255, at
// least 32 bytes each; empty lines and lines starting with # are skipped.
// Signs with the newest whose `from` has come (0 where absent; of equal ones
// the last in the file) and accepts all. Not thread-safe: it holds keyed HMAC
// states and what it has checked (one object per nginx worker).
class Secrets {
 public:
  static Result<Secrets> Parse(std::string_view text, std::string_view name);

  // Nothing only before every secret's `from`.
  std::optional<std::string> Sign(const Session& session, uint32_t now);
  // kSessionInvalid, or kSessionExpired where the MAC is good but time is up.
  // `event_hash` of the request must match, else kSessionInvalid.
  std::expected<Session, Denial> Check(std::string_view credential,
                                       const ShortHash& event_hash,
                                       uint32_t now);

 private:
  struct Secret {
    uint8_t id;
    uint64_t from;
    crypto::HmacSha256 mac;
  };
  Secret* Newest(uint32_t now);
  Secret* Find(uint8_t id);
  const Session* SessionOf(std::string_view credential);

  std::vector<Secret> secrets_;  // oldest first
  CheckedCredentials checked_;
};

}  // namespace usher::session
