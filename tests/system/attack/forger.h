// Makes tickets as an attacker would: from a shop's good keys, from keys of
// their own, and from pieces.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/crypto/signature.h"

namespace usher::testing {

class Forger {
 public:
  // RSA key pairs take a second to make.
  enum class Keys : uint8_t { kQuick, kAll };
  // One key of each kind: "es", "ed", the shared secret "hs", and of all keys
  // also "rs" and "ps".
  explicit Forger(Keys keys = Keys::kQuick);

  // The JWK Set with these keys, the box office's among them.
  const std::string& jwks() const { return jwks_; }
  // The public half of one key, as it stands in that set.
  const std::string& Jwk(std::string_view kid) const;

  static std::string GoodPayload();
  // {"alg":"ES256","kid":"es"}
  static std::string Header(std::string_view algorithm, std::string_view kid);
  // What the signature covers.
  static std::string SigningInput(std::string_view header,
                                  std::string_view payload);

  // Signed well by the key `kid`, whatever header and payload say.
  std::string Sign(std::string_view kid, std::string_view header,
                   std::string_view payload) const;
  // By the key "es", under its own header.
  std::string SignPayload(std::string_view payload) const;
  std::string SignHeader(std::string_view header) const;
  Bytes Signature(std::string_view kid, std::string_view header,
                  std::string_view payload) const;

 private:
  std::map<std::string, crypto::SigningKey, std::less<>> keys_;
  std::map<std::string, std::string, std::less<>> public_;
  std::string jwks_;
};

// header.payload.signature, each encoded.
std::string JoinParts(std::string_view header, std::string_view payload,
                      ByteView signature);

}  // namespace usher::testing
