// The payload of a ticket as Claims: types and ranges, not yet time or place.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/ticket/claims.h"

namespace usher::ticket {

// Refuses wrong types and ranges of the claims we know, and the presence of a
// claim that restricts in a way we cannot enforce (docs/tickets.md lists
// them). Others are ignored (RFC 7519 section 4). The error is a static text
// for the log.
std::expected<Claims, const char*> ReadClaims(std::string_view json);

// What RFC 9246 section 2.1 adds to a token that signs URIs.
struct SignedUriClaims {
  Claims claims;          // subject and events may be empty
  std::string container;  // cdniuc
  bool renews = false;    // cdnistt is not 0
  uint64_t depth = 0;     // cdnistd: path segments a renewed token is for
};

// Whether a payload is one of those: it has a `cdniuc`.
bool SignsUris(std::string_view json);

// Refuses what ReadClaims refuses, and of RFC 9246: another version (cdniv),
// critical claims we do not know (cdnicrit), an address (cdniip, which is
// encrypted), a token that is good once (jti, section 2.1.7), and a cdnistt
// without its cdniets.
std::expected<SignedUriClaims, const char*> ReadSignedUriClaims(
    std::string_view json);

}  // namespace usher::ticket
