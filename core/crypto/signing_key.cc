#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <utility>

#include "core/crypto/digest.h"
#include "core/crypto/jwk_writer.h"
#include "core/crypto/key_pair.h"
#include "core/crypto/signature.h"

namespace usher::crypto {
namespace {

constexpr unsigned kNewRsaBits = 3072;

PkeyPtr GeneratePkey(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return PkeyPtr(EVP_EC_gen("P-256"));
    case SignatureAlgorithm::kEdDsa:
      return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    default:
      return PkeyPtr(EVP_RSA_gen(kNewRsaBits));
  }
}

// Never asks at a terminal: an encrypted key is refused instead.
int NoPassphrase(char*, int, int, void*) { return -1; }

PkeyPtr ReadPrivateKey(std::string_view pem) {
  const BioPtr bio(Must(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), "BIO_new"));
  PkeyPtr pkey(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  DropErrors();
  return pkey;
}

bool IsP256(const EVP_PKEY* pkey) {
  char group[32];
  size_t size = 0;
  return EVP_PKEY_is_a(pkey, "EC") == 1 &&
         EVP_PKEY_get_group_name(pkey, group, sizeof group, &size) == 1 &&
         std::string_view(group, size) == "prime256v1";
}

bool Suits(const EVP_PKEY* pkey, SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return IsP256(pkey);
    case SignatureAlgorithm::kEdDsa:
      return EVP_PKEY_is_a(pkey, "ED25519") == 1;
    case SignatureAlgorithm::kRs256:
    case SignatureAlgorithm::kPs256:
      return EVP_PKEY_is_a(pkey, "RSA") == 1 &&
             EVP_PKEY_get_bits(pkey) >= kMinRsaBits &&
             EVP_PKEY_get_bits(pkey) <= kMaxRsaBits;
    case SignatureAlgorithm::kHs256:
      return false;
  }
  std::unreachable();
}

Bytes SignWith(EVP_PKEY* pkey, SignatureAlgorithm algorithm, ByteView message) {
  const DigestContextPtr context(Must(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
  EVP_PKEY_CTX* pkey_context = nullptr;  // owned by `context`
  Must(EVP_DigestSignInit_ex(context.get(), &pkey_context,
                             DigestNameOf(algorithm), nullptr, nullptr, pkey,
                             nullptr) == 1,
       "DigestSignInit");
  if (algorithm == SignatureAlgorithm::kPs256) {
    Must(SetPssPadding(pkey_context), "PSS padding");
  }
  Bytes signature(static_cast<size_t>(EVP_PKEY_get_size(pkey)));
  size_t size = signature.size();
  Must(EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                      message.size()) == 1,
       "DigestSign");
  signature.resize(size);
  return signature;
}

Bytes FromDer(ByteView der) {
  const uint8_t* begin = der.data();
  const EcdsaSignaturePtr pair(
      Must(d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(der.size())),
           "d2i_ECDSA_SIG"));
  Bytes signature(2 * kP256Size);
  Must(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), signature.data(),
                    kP256Size) == kP256Size &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()),
                        signature.data() + kP256Size, kP256Size) == kP256Size,
       "BN_bn2binpad");
  return signature;
}

}  // namespace

Result<SigningKey> SigningKey::Generate(SignatureAlgorithm algorithm) {
  if (algorithm == SignatureAlgorithm::kHs256) {
    return BadInput("HS256", "has no key pair to generate",
                    "use ES256 or EdDSA");
  }
  PkeyPtr pkey = GeneratePkey(algorithm);
  Must(pkey != nullptr, "key generation");
  return SigningKey(
      std::make_shared<Impl>(algorithm, std::move(pkey), SecretBytes()));
}

Result<SigningKey> SigningKey::FromPem(std::string_view pem,
                                       SignatureAlgorithm algorithm) {
  constexpr size_t kMaxPemSize = size_t{64} * 1024;
  PkeyPtr pkey = pem.size() > kMaxPemSize ? nullptr : ReadPrivateKey(pem);
  if (!pkey) {
    return BadInput("", "no private key in PEM form, or one with a passphrase",
                    "write it with `openssl pkcs8 -topk8 -nocrypt`");
  }
  if (!Suits(pkey.get(), algorithm)) {
    return BadInput("",
                    "the key cannot sign " + std::string(JoseName(algorithm)),
                    "ES256 takes EC P-256, EdDSA Ed25519, RS256 and PS256 RSA "
                    "of 2048 to 8192 bits");
  }
  return SigningKey(
      std::make_shared<Impl>(algorithm, std::move(pkey), SecretBytes()));
}

Result<SigningKey> SigningKey::Hs256(ByteView secret) {
  if (secret.size() < kMinHs256Secret) {
    return BadInput("", "the HS256 secret is shorter than 32 bytes");
  }
  return SigningKey(std::make_shared<Impl>(SignatureAlgorithm::kHs256, nullptr,
                                           SecretBytes(secret)));
}

SigningKey::SigningKey(std::shared_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SignatureAlgorithm SigningKey::algorithm() const { return impl_->algorithm; }

Bytes SigningKey::Sign(ByteView message) const {
  if (impl_->algorithm == SignatureAlgorithm::kHs256) {
    const Sha256Digest mac = HmacSha256(impl_->secret.view()).Sign(message);
    return {mac.begin(), mac.end()};
  }
  Bytes signature = SignWith(impl_->pkey.get(), impl_->algorithm, message);
  if (impl_->algorithm == SignatureAlgorithm::kEs256) {
    return FromDer(signature);
  }
  return signature;
}

Result<SecretBytes> SigningKey::ToPem() const {
  if (!impl_->pkey) return BadInput("HS256", "has no private key to write");
  const BioPtr bio(Must(BIO_new(BIO_s_secmem()), "BIO_new"));
  Must(PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->pkey.get(), nullptr,
                                     nullptr, 0, nullptr, nullptr) == 1,
       "PEM_write");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return SecretBytes(AsBytes({text, static_cast<size_t>(size)}));
}

Result<std::string> SigningKey::PublicJwk(std::string_view kid) const {
  if (!impl_->pkey) {
    return BadInput("HS256", "has no public half", "share the secret itself");
  }
  return WritePublicJwk(impl_->pkey.get(), impl_->algorithm, kid);
}

}  // namespace usher::crypto
