// The public half of a key pair as a JWK (RFC 7517, RFC 7518, RFC 8037). Only
// core/crypto includes this.
#pragma once

#include <string>
#include <string_view>

#include "core/crypto/evp.h"
#include "core/crypto/signature.h"

namespace usher::crypto {

std::string WritePublicJwk(const EVP_PKEY* pkey, SignatureAlgorithm algorithm,
                           std::string_view kid);

}  // namespace usher::crypto
