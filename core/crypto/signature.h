// Signatures of tickets (RFC 7518, RFC 8037) over OpenSSL EVP.
//
// A key carries its one algorithm; there is no way to ask for another. Both
// key types are immutable and thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher::crypto {

enum class SignatureAlgorithm { kEs256, kEdDsa, kRs256, kPs256, kHs256 };

std::string_view JoseName(SignatureAlgorithm algorithm);  // "ES256"
// Whether `name` is this algorithm's. RFC 9864 writes EdDSA as "Ed25519".
bool NamesAlgorithm(std::string_view name, SignatureAlgorithm algorithm);

class VerifyKey {
 public:
  // Coordinates and keys as raw bytes, as they stand in a JWK.
  static Result<VerifyKey> Es256(ByteView x, ByteView y);
  static Result<VerifyKey> Ed25519(ByteView public_key);
  static Result<VerifyKey> Rsa(SignatureAlgorithm algorithm, ByteView modulus,
                               ByteView exponent);
  static Result<VerifyKey> Hs256(ByteView secret);

  VerifyKey(VerifyKey&&) noexcept;
  VerifyKey& operator=(VerifyKey&&) noexcept;
  ~VerifyKey();

  SignatureAlgorithm algorithm() const;
  // `signature` in JOSE form: ES256 is r | s, 64 bytes (IEEE P1363).
  bool Verify(ByteView message, ByteView signature) const;

 private:
  friend class SigningKey;
  struct Impl;
  explicit VerifyKey(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

class SigningKey {
 public:
  static Result<SigningKey> Generate(SignatureAlgorithm algorithm);
  // PKCS#8 PEM of an EC P-256, Ed25519 or RSA key. RSA needs `algorithm`.
  static Result<SigningKey> FromPem(std::string_view pem,
                                    SignatureAlgorithm algorithm);
  static Result<SigningKey> Hs256(ByteView secret);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  SignatureAlgorithm algorithm() const;
  Bytes Sign(ByteView message) const;
  // PKCS#8, unencrypted. Not for HS256.
  Result<SecretBytes> ToPem() const;
  // The public half as a JWK object, {"kty",...,"kid","alg","use":"sig"}.
  Result<std::string> PublicJwk(std::string_view kid) const;

 private:
  struct Impl;
  explicit SigningKey(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace usher::crypto
