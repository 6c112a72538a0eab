// Makes tickets: for `usher ticket issue`, the demo and the tests. A shop does
// the same in its own language (README).
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/crypto/signature.h"
#include "core/ticket/claims.h"

namespace usher::ticket {

// The compact JWS. The header is {"alg","kid","typ":"JWT"}.
Result<std::string> Sign(const Claims& claims, std::string_view kid,
                         const crypto::SigningKey& key);

}  // namespace usher::ticket
