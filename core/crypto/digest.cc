#include "core/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <utility>

#include "core/crypto/evp.h"

namespace usher::crypto {
namespace {

char kSha256Name[] = "SHA256";

// One context per thread, so that hashing does not allocate.
EVP_MD_CTX* ThreadDigestContext() {
  thread_local const DigestContextPtr context(
      Must(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
  return context.get();
}

// OpenSSL reads a null address as "not given" or as an error, so that empty
// bytes need an address too.
uint8_t* AddressOf(ByteView bytes) {
  static uint8_t nothing = 0;
  return bytes.empty() ? &nothing : const_cast<uint8_t*>(bytes.data());
}

OSSL_PARAM OctetParam(const char* key, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(key, AddressOf(bytes), bytes.size());
}

}  // namespace

Sha256Digest Sha256(ByteView data) { return Sha256({data}); }

Sha256Digest Sha256(std::initializer_list<ByteView> parts) {
  EVP_MD_CTX* const context = ThreadDigestContext();
  Must(EVP_DigestInit_ex2(context, Sha256Md(), nullptr) == 1, "DigestInit");
  for (const ByteView part : parts) {
    Must(EVP_DigestUpdate(context, part.data(), part.size()) == 1,
         "DigestUpdate");
  }
  Sha256Digest digest;
  Must(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1, "DigestFinal");
  return digest;
}

struct HmacSha256::Impl {
  MacContextPtr context;
};

HmacSha256::HmacSha256(ByteView key)
    : impl_(std::make_unique<Impl>(
          MacContextPtr(Must(EVP_MAC_CTX_new(HmacMac()), "EVP_MAC_CTX_new")))) {
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, kSha256Name, 0),
      OSSL_PARAM_construct_end()};
  Must(EVP_MAC_init(impl_->context.get(), AddressOf(key), key.size(), params) ==
           1,
       "EVP_MAC_init");
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Sha256Digest HmacSha256::Sign(ByteView message) {
  EVP_MAC_CTX* const context = impl_->context.get();
  Sha256Digest mac;
  size_t size = 0;
  Must(EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(context, message.data(), message.size()) == 1 &&
           EVP_MAC_final(context, mac.data(), &size, mac.size()) == 1 &&
           size == mac.size(),
       "EVP_MAC");
  return mac;
}

SecretBytes HkdfSha256(ByteView secret, ByteView salt, std::string_view label,
                       size_t size) {
  const KdfContextPtr context(
      Must(EVP_KDF_CTX_new(HkdfKdf()), "EVP_KDF_CTX_new"));
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, kSha256Name, 0),
      OctetParam(OSSL_KDF_PARAM_KEY, secret),
      OctetParam(OSSL_KDF_PARAM_SALT, salt),
      OctetParam(OSSL_KDF_PARAM_INFO, AsBytes(label)),
      OSSL_PARAM_construct_end()};
  SecretBytes derived(size);
  Must(EVP_KDF_derive(context.get(), derived.writable().data(), size, params) ==
           1,
       "EVP_KDF_derive");
  return derived;
}

}  // namespace usher::crypto
