// One key of a JWK Set (RFC 7517 section 4).
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/ticket/key_set.h"

namespace usher::ticket {

// `json` is one JWK, known to be a strict JSON object. Errors have an empty
// `where`.
Result<KeySet::Key> ReadJwk(std::string_view json);

}  // namespace usher::ticket
