// The shop's public keys: a JWK Set (RFC 7517 section 5).
//
// The algorithm belongs to the key: `alg` of the JWK, or the only one its type
// allows (EC P-256: ES256; OKP Ed25519: EdDSA; oct: HS256). RSA keys must say
// RS256 or PS256. A set is refused as a whole where one key is unusable,
// names a kid twice, holds a private part, or is weak (RSA below 2048 bits,
// oct below 32 bytes); only keys with `use` "enc" are passed over. A member of
// ours, `iss` (a text or a list), says whose tickets a key may sign. Immutable
// and thread-safe once built.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/signature.h"

namespace usher::ticket {

class KeySet {
 public:
  struct Key {
    std::string kid;
    crypto::VerifyKey verify;
    std::array<uint8_t, 32> hash;           // RFC 7638 thumbprint (SHA-256)
    std::vector<std::string> issuers = {};  // empty: whoever
  };

  // `name` is the file's, for error texts.
  static Result<KeySet> Parse(std::string_view json, std::string_view name);

  // Null where no key has this kid.
  const Key* Find(std::string_view kid) const;
  // Whether a key is here whose hash begins so, under whatever kid.
  bool HasKeyOf(const std::array<uint8_t, 4>& hash) const;
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;                       // sorted by kid
  std::vector<std::array<uint8_t, 4>> hashes_;  // sorted
};

}  // namespace usher::ticket
