// A signed list of what a fleet must no longer admit, for boxes to fetch like
// any file: a compact JWS, so that neither cache nor transport can change it.
//
//   header   {"alg", "kid", "typ": "usher-revocations"}
//   payload  {"sequence": 7, "revocations": [
//              {"ticket": "<16 hex>", "until": 1767225600},
//              {"session": "<16 hex>", "until": ...},
//              {"key": "<8 hex>", "until": ...}]}
//
// Tickets are digests (session/credential.h), so that a public list tells
// nobody's order number. The sequence grows with each list: an older one is
// somebody's attempt to undo a revocation.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/signature.h"
#include "core/ticket/key_set.h"

namespace usher::ticket {

// Room for some 60 000 revocations.
inline constexpr size_t kMaxListSize = size_t{8} << 20;

struct Revocation {
  enum class Kind : uint8_t { kTicket, kSession, kKey };
  Kind kind = Kind::kTicket;
  std::array<uint8_t, 8> id{};  // of a key only the first four
  uint32_t until = 0;           // UNIX seconds
  bool operator==(const Revocation&) const = default;
};

struct RevocationList {
  uint32_t sequence = 0;
  std::vector<Revocation> revocations;
};

Result<std::string> SignList(const RevocationList& list, std::string_view kid,
                             const crypto::SigningKey& key);

// The error is a static text for the log.
std::expected<RevocationList, const char*> VerifyList(std::string_view text,
                                                      const KeySet& keys);

}  // namespace usher::ticket
