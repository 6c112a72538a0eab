#include "core/crypto/jwk_writer.h"

#include <openssl/core_names.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/crypto/key_pair.h"

namespace usher::crypto {
namespace {

using Json = nlohmann::ordered_json;

// A number of the key as base64url, at least `size` bytes long.
std::string Number(const EVP_PKEY* pkey, const char* name, size_t size = 0) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(pkey, name, &number) == 1, name);
  const BignumPtr owned(number);
  Bytes bytes(std::max(size, static_cast<size_t>(BN_num_bytes(number))));
  Must(BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) >= 0,
       "BN_bn2binpad");
  return ToBase64Url(bytes);
}

std::string RawPublicKey(const EVP_PKEY* pkey) {
  Bytes bytes(32);
  size_t size = bytes.size();
  Must(EVP_PKEY_get_raw_public_key(pkey, bytes.data(), &size) == 1 &&
           size == bytes.size(),
       "raw public key");
  return ToBase64Url(bytes);
}

Json KeyMembers(const EVP_PKEY* pkey, SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return {{"kty", "EC"},
              {"crv", "P-256"},
              {"x", Number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, kP256Size)},
              {"y", Number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, kP256Size)}};
    case SignatureAlgorithm::kEdDsa:
      return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", RawPublicKey(pkey)}};
    default:
      return {{"kty", "RSA"},
              {"n", Number(pkey, OSSL_PKEY_PARAM_RSA_N)},
              {"e", Number(pkey, OSSL_PKEY_PARAM_RSA_E)}};
  }
}

}  // namespace

std::string WritePublicJwk(const EVP_PKEY* pkey, SignatureAlgorithm algorithm,
                           std::string_view kid) {
  Json jwk = KeyMembers(pkey, algorithm);
  jwk["kid"] = kid;
  jwk["alg"] = JoseName(algorithm);
  jwk["use"] = "sig";
  // A kid from a command line may be no UTF-8; it is then replaced, not thrown.
  return jwk.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace usher::crypto
