// What a verify key and a signing key are made of. Only core/crypto includes
// this.
#pragma once

#include "core/crypto/evp.h"
#include "core/crypto/signature.h"

namespace usher::crypto {

struct VerifyKey::Impl {
  SignatureAlgorithm algorithm;
  PkeyPtr pkey;        // null for HS256
  SecretBytes secret;  // HS256 only
};

struct SigningKey::Impl {
  SignatureAlgorithm algorithm;
  PkeyPtr pkey;        // null for HS256
  SecretBytes secret;  // HS256 only
};

// EdDSA hashes by itself; all others sign a SHA-256 digest.
inline const char* DigestNameOf(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kEdDsa ? nullptr : "SHA256";
}

// For PS256: the padding of RFC 7518 section 3.5.
bool SetPssPadding(EVP_PKEY_CTX* context);

inline constexpr size_t kP256Size = 32;  // bytes of a coordinate, of r and of s
inline constexpr size_t kMinHs256Secret = 32;
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

}  // namespace usher::crypto
