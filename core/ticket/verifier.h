// Checks a ticket (JWT, JWS compact serialisation; RFC 7515, 7519, 8725), a
// token that signs URIs (signed_uri.h), or a Common Access Token
// (access_token.h). Which of them it is shows in the token.
//
// Order: size and shape, header (kid known, alg the key's own, no crit), the
// signature, then the claims. Nothing of the payload is believed before the
// signature is good. Thread-safe once built.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/ticket/claims.h"
#include "core/ticket/grant.h"
#include "core/ticket/key_set.h"
#include "core/ticket/refusal.h"
#include "core/ticket/visit.h"

namespace usher::ticket {

inline constexpr size_t kMaxTicketSize = 4096;
inline constexpr int kMaxNesting = 8;

// What the configuration pins. Empty means: not checked.
// NOLINTBEGIN(readability-redundant-member-init): g++ wants initialisers of
// members that a designated initialiser leaves out.
struct Expectations {
  std::string_view issuer = {};
  std::string_view audience = {};
  int64_t leeway_seconds = 30;
  // ISO 3166-1 alpha-2, or empty where unknown: a ticket with `cc` is then
  // refused, because a restriction that cannot be enforced refuses.
  std::string_view country = {};
};
// NOLINTEND(readability-redundant-member-init)

struct Verified {
  Claims claims;
  std::array<uint8_t, 4> signing_key_hash;  // first bytes of KeySet::Key::hash
  int64_t leeway_seconds = 0;               // with which it was found valid
  Limits limits = {};
};

std::expected<Verified, Refusal> Verify(std::string_view ticket,
                                        const KeySet& keys, const Visit& visit,
                                        const Expectations& expected,
                                        int64_t now_unix_seconds);
// A request that is known by its event alone.
std::expected<Verified, Refusal> Verify(std::string_view ticket,
                                        const KeySet& keys,
                                        std::string_view event,
                                        const Expectations& expected,
                                        int64_t now_unix_seconds);

}  // namespace usher::ticket
