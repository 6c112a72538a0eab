#include "core/crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/key_pair.h"

namespace usher::crypto {
namespace {

using ParamBuilderPtr =
    std::unique_ptr<OSSL_PARAM_BLD, EvpDelete<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, EvpDelete<OSSL_PARAM_free>>;

// Null where OpenSSL refuses the values, as for a point not on the curve.
PkeyPtr PublicKeyFrom(const char* type, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(Must(OSSL_PARAM_BLD_to_param(builder), "to_param"));
  const PkeyContextPtr context(
      Must(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), type));
  EVP_PKEY* made = nullptr;
  Must(EVP_PKEY_fromdata_init(context.get()) == 1, "fromdata_init");
  const bool accepted =
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY,
                        params.get()) == 1;
  PkeyPtr pkey(made);
  DropErrors();
  return accepted ? std::move(pkey) : nullptr;
}

bool IsValidPublicKey(EVP_PKEY* pkey) {
  const PkeyContextPtr context(
      Must(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr), "CTX_new"));
  const bool valid = EVP_PKEY_public_check(context.get()) == 1;
  DropErrors();
  return valid;
}

BignumPtr ToBignum(ByteView bytes) {
  return BignumPtr(
      Must(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr),
           "BN_bin2bn"));
}

// JOSE's r | s as the DER that OpenSSL reads; empty where the size is wrong.
Bytes ToDer(ByteView signature) {
  if (signature.size() != 2 * kP256Size) return {};
  const EcdsaSignaturePtr pair(Must(ECDSA_SIG_new(), "ECDSA_SIG_new"));
  BignumPtr r = ToBignum(signature.first(kP256Size));
  BignumPtr s = ToBignum(signature.last(kP256Size));
  Must(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1, "set0");
  Bytes der(2 * kP256Size + 16);
  uint8_t* end = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &end);
  Must(size > 0 && static_cast<size_t>(size) <= der.size(), "i2d_ECDSA_SIG");
  der.resize(static_cast<size_t>(size));
  return der;
}

bool VerifyWith(EVP_PKEY* pkey, SignatureAlgorithm algorithm, ByteView message,
                ByteView signature) {
  const DigestContextPtr context(Must(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
  EVP_PKEY_CTX* pkey_context = nullptr;  // owned by `context`
  Must(EVP_DigestVerifyInit_ex(context.get(), &pkey_context,
                               DigestNameOf(algorithm), nullptr, nullptr, pkey,
                               nullptr) == 1,
       "DigestVerifyInit");
  if (algorithm == SignatureAlgorithm::kPs256) {
    Must(SetPssPadding(pkey_context), "PSS padding");
  }
  const bool good =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                       message.data(), message.size()) == 1;
  DropErrors();
  return good;
}

}  // namespace

std::string_view JoseName(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return "ES256";
    case SignatureAlgorithm::kEdDsa:
      return "EdDSA";
    case SignatureAlgorithm::kRs256:
      return "RS256";
    case SignatureAlgorithm::kPs256:
      return "PS256";
    case SignatureAlgorithm::kHs256:
      return "HS256";
  }
  std::unreachable();
}

bool NamesAlgorithm(std::string_view name, SignatureAlgorithm algorithm) {
  return name == JoseName(algorithm) ||
         (algorithm == SignatureAlgorithm::kEdDsa && name == "Ed25519");
}

Result<VerifyKey> VerifyKey::Es256(ByteView x, ByteView y) {
  if (x.size() != kP256Size || y.size() != kP256Size) {
    return BadInput("", "a P-256 coordinate is not 32 bytes long");
  }
  std::array<uint8_t, 1 + 2 * kP256Size> point{POINT_CONVERSION_UNCOMPRESSED};
  std::ranges::copy(x, point.begin() + 1);
  std::ranges::copy(y, point.begin() + 1 + kP256Size);
  const ParamBuilderPtr builder(Must(OSSL_PARAM_BLD_new(), "PARAM_BLD_new"));
  Must(OSSL_PARAM_BLD_push_utf8_string(
           builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
           OSSL_PARAM_BLD_push_octet_string(builder.get(),
                                            OSSL_PKEY_PARAM_PUB_KEY,
                                            point.data(), point.size()) == 1,
       "PARAM_BLD_push");
  PkeyPtr pkey = PublicKeyFrom("EC", builder.get());
  if (!pkey || !IsValidPublicKey(pkey.get())) {
    return BadInput("", "x and y are no point of P-256");
  }
  return VerifyKey(std::make_shared<Impl>(SignatureAlgorithm::kEs256,
                                          std::move(pkey), SecretBytes()));
}

Result<VerifyKey> VerifyKey::Ed25519(ByteView public_key) {
  PkeyPtr pkey(EVP_PKEY_new_raw_public_key_ex(
      nullptr, "ED25519", nullptr, public_key.data(), public_key.size()));
  DropErrors();
  if (!pkey) return BadInput("", "an Ed25519 public key is not 32 bytes long");
  return VerifyKey(std::make_shared<Impl>(SignatureAlgorithm::kEdDsa,
                                          std::move(pkey), SecretBytes()));
}

Result<VerifyKey> VerifyKey::Rsa(SignatureAlgorithm algorithm, ByteView modulus,
                                 ByteView exponent) {
  if (modulus.size() * 8 > kMaxRsaBits || exponent.size() > sizeof(uint64_t)) {
    return BadInput("", "the RSA key is larger than 8192 bits");
  }
  const BignumPtr n = ToBignum(modulus);
  const BignumPtr e = ToBignum(exponent);
  if (BN_num_bits(n.get()) < kMinRsaBits) {
    return BadInput("", "the RSA key is shorter than 2048 bits");
  }
  if (!BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get())) {
    return BadInput("", "n and e are no RSA key");
  }
  const ParamBuilderPtr builder(Must(OSSL_PARAM_BLD_new(), "PARAM_BLD_new"));
  Must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) ==
               1 &&
           OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E,
                                  e.get()) == 1,
       "PARAM_BLD_push");
  PkeyPtr pkey = PublicKeyFrom("RSA", builder.get());
  if (!pkey) return BadInput("", "n and e are no RSA key");
  return VerifyKey(
      std::make_shared<Impl>(algorithm, std::move(pkey), SecretBytes()));
}

Result<VerifyKey> VerifyKey::Hs256(ByteView secret) {
  if (secret.size() < kMinHs256Secret) {
    return BadInput("", "the HS256 secret is shorter than 32 bytes");
  }
  return VerifyKey(std::make_shared<Impl>(SignatureAlgorithm::kHs256, nullptr,
                                          SecretBytes(secret)));
}

VerifyKey::VerifyKey(std::shared_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
VerifyKey::VerifyKey(VerifyKey&&) noexcept = default;
VerifyKey& VerifyKey::operator=(VerifyKey&&) noexcept = default;
VerifyKey::~VerifyKey() = default;

SignatureAlgorithm VerifyKey::algorithm() const { return impl_->algorithm; }

bool VerifyKey::Verify(ByteView message, ByteView signature) const {
  switch (impl_->algorithm) {
    case SignatureAlgorithm::kHs256:
      return EqualInConstantTime(HmacSha256(impl_->secret.view()).Sign(message),
                                 signature);
    case SignatureAlgorithm::kEs256: {
      const Bytes der = ToDer(signature);
      return !der.empty() &&
             VerifyWith(impl_->pkey.get(), impl_->algorithm, message, der);
    }
    default:
      return VerifyWith(impl_->pkey.get(), impl_->algorithm, message,
                        signature);
  }
}

bool SetPssPadding(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace usher::crypto
