#include "core/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <utility>

#include "core/crypto/evp.h"

namespace usher::crypto {
namespace {

char kSha256Name[] = "SHA256";

DigestContextPtr NewDigestContext() {
  return DigestContextPtr(Must(EVP_MD_CTX_new(), "EVP_MD_CTX_new"));
}

// One context per thread, so that hashing does not allocate.
EVP_MD_CTX* ThreadDigestContext() {
  thread_local const DigestContextPtr context = NewDigestContext();
  return context.get();
}

void Begin(EVP_MD_CTX* context, ByteView data) {
  Must(EVP_DigestInit_ex2(context, Sha256Md(), nullptr) == 1 &&
           EVP_DigestUpdate(context, data.data(), data.size()) == 1,
       "DigestInit");
}

// The digest of what `begun` has seen and `data`; `context` is overwritten.
Sha256Digest FinishFrom(const EVP_MD_CTX* begun, ByteView data,
                        EVP_MD_CTX* context) {
  Sha256Digest digest;
  Must(EVP_MD_CTX_copy_ex(context, begun) == 1 &&
           EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
           EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1,
       "DigestFinal");
  return digest;
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
  return Sha256(std::span(parts.begin(), parts.size()));
}

Sha256Digest Sha256(std::span<const ByteView> parts) {
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

// OpenSSL's own HMAC sets a context up three times for each message. Here both
// pads (RFC 2104 section 2) are hashed once, and the two states copied: less
// than half the time for a session's 44 bytes (docs/performance.md).
struct HmacSha256::Impl {
  DigestContextPtr inner;
  DigestContextPtr outer;
  DigestContextPtr working;
};

HmacSha256::HmacSha256(ByteView key)
    : impl_(std::make_unique<Impl>(NewDigestContext(), NewDigestContext(),
                                   NewDigestContext())) {
  constexpr size_t kBlock = 64;
  SecretBytes pad(kBlock);
  if (key.size() > kBlock) {
    std::ranges::copy(Sha256(key), pad.writable().begin());
  } else {
    std::ranges::copy(key, pad.writable().begin());
  }
  constexpr uint8_t kInner = 0x36;
  constexpr uint8_t kOuter = 0x5c;
  for (uint8_t& byte : pad.writable()) byte ^= kInner;
  Begin(impl_->inner.get(), pad.view());
  for (uint8_t& byte : pad.writable()) byte ^= kInner ^ kOuter;
  Begin(impl_->outer.get(), pad.view());
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Sha256Digest HmacSha256::Sign(ByteView message) {
  EVP_MD_CTX* const context = impl_->working.get();
  const Sha256Digest inner = FinishFrom(impl_->inner.get(), message, context);
  return FinishFrom(impl_->outer.get(), inner, context);
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
