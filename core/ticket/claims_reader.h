// The payload of a ticket as Claims: types and ranges, not yet time or place.
#pragma once

#include <expected>
#include <string_view>

#include "core/ticket/claims.h"

namespace usher::ticket {

// Refuses wrong types and ranges of the claims we know, and the presence of a
// claim that restricts in a way we cannot enforce (docs/tickets.md lists
// them). Others are ignored (RFC 7519 section 4). The error is a static text
// for the log.
std::expected<Claims, const char*> ReadClaims(std::string_view json);

}  // namespace usher::ticket
