// Tier-to-tier authentication: the value of one request header, by which a
// shield or origin knows that a box of the fleet asks, and for what.
//
//   <record>[.<credential>[.<digest>]]      base64url, no padding
//
//   record, 36 bytes:  0 u8     version, 1
//                      1 u8     0
//                      2 u16    id of the box
//                      4 u32    signed at, UNIX seconds
//                      8 u8[12] nonce
//                     20 u8[16] HMAC-SHA256 of SignedBytes(), truncated
//   credential         the viewer's session (core/session), of key requests
//   digest             SHA-256 of the body, of key POSTs
//
// The MAC key is HKDF-SHA256(secret, label "usher hop v1"). It authenticates;
// it does not encrypt: TLS between the boxes does. Whether a nonce was seen
// before is for the caller to remember (ngx_module/engine/nonce_memory.h).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/hop/message.h"

namespace usher::hop {

// Clocks of two boxes may differ, and a request may travel, for so long.
inline constexpr uint32_t kWindow = 30;  // seconds, either way

inline constexpr size_t kRecordSize = 36;
inline constexpr size_t kRecordCharacters = 48;

enum class Refusal {
  kMissing,
  kInvalid,   // malformed, of an unknown box, or not signed for this request
  kExpired,   // outside the window
  kReplayed,  // the nonce was here before
  kLoop,      // went through this server already (RFC 8586)
};
inline constexpr size_t kRefusals = static_cast<size_t>(Refusal::kLoop) + 1;
// "hop_missing" and so on; the HTTP status; a sentence.
std::string_view CodeOf(Refusal refusal);
int HttpStatusOf(Refusal refusal);
std::string_view SentenceOf(Refusal refusal);

// What a good header says beyond the request itself.
struct Hop {
  Stamp stamp;
  std::string_view credential;  // of the header; not checked here
  std::optional<crypto::Sha256Digest> body;
};

// Lines of crypto::ReadSecretLines, ids 0..65535. Signs with the newest whose
// `from` has come, accepts all. Not thread-safe (one object a worker).
class Secrets {
 public:
  static Result<Secrets> Parse(std::string_view text, std::string_view name);

  // Nothing only before every secret's `from`.
  std::optional<std::string> Sign(const Message& message, uint32_t now,
                                  RandomSource& random);
  // `message` needs no credential and no body: they are the header's. Who has
  // read the body compares its digest with Hop::body.
  std::expected<Hop, Refusal> Check(std::string_view header, Message message,
                                    uint32_t now);
  // The box that signs at `now`.
  std::optional<uint16_t> SigningBox(uint32_t now);

 private:
  struct Secret {
    uint16_t box;
    uint64_t from;
    crypto::HmacSha256 mac;
  };
  Secret* Newest(uint32_t now);

  std::vector<Secret> secrets_;  // oldest first
};

}  // namespace usher::hop
