#include "core/crypto/aes.h"

#include <algorithm>

#include "core/crypto/evp.h"

namespace usher::crypto {
namespace {

constexpr size_t kBlockSize = 16;
constexpr size_t kTagSize = 16;
constexpr size_t kNonceSize = 12;
// EVP counts in int; whole blocks, so that a chain goes on across calls.
constexpr size_t kMaxUpdate = size_t{1} << 30;

CipherContextPtr NewContext() {
  return CipherContextPtr(Must(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
}

CipherContextPtr EncryptContext(const EVP_CIPHER* cipher, ByteView key) {
  Must(key.size() == static_cast<size_t>(EVP_CIPHER_get_key_length(cipher)),
       "AES key size");
  CipherContextPtr context = NewContext();
  Must(EVP_EncryptInit_ex2(context.get(), cipher, key.data(), nullptr,
                           nullptr) == 1,
       "EncryptInit");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

// Sets the IV and keeps the expanded key.
void Restart(EVP_CIPHER_CTX* context, const AesBlock& iv) {
  Must(EVP_EncryptInit_ex2(context, nullptr, nullptr, iv.data(), nullptr) == 1,
       "EncryptInit");
}

void EncryptInPlace(EVP_CIPHER_CTX* context, std::span<uint8_t> data) {
  while (!data.empty()) {
    const size_t size = std::min(data.size(), kMaxUpdate);
    int written = 0;
    Must(EVP_EncryptUpdate(context, data.data(), &written, data.data(),
                           static_cast<int>(size)) == 1 &&
             static_cast<size_t>(written) == size,
         "EncryptUpdate");
    data = data.subspan(size);
  }
}

}  // namespace

struct AesCbcEncryptor::Impl {
  CipherContextPtr context;
};

AesCbcEncryptor::AesCbcEncryptor(ByteView key)
    : impl_(std::make_unique<Impl>(EncryptContext(Aes128Cbc(), key))) {}

AesCbcEncryptor::AesCbcEncryptor(AesCbcEncryptor&&) noexcept = default;
AesCbcEncryptor& AesCbcEncryptor::operator=(AesCbcEncryptor&&) noexcept =
    default;
AesCbcEncryptor::~AesCbcEncryptor() = default;

void AesCbcEncryptor::EncryptBlocks(const AesBlock& iv,
                                    std::span<uint8_t> data) {
  Must(data.size() % kBlockSize == 0, "AES-CBC: whole blocks");
  Restart(impl_->context.get(), iv);
  EncryptInPlace(impl_->context.get(), data);
}

void AesCbcEncryptor::EncryptPadded(const AesBlock& iv, Bytes& data) {
  const size_t padding = kBlockSize - data.size() % kBlockSize;
  data.resize(data.size() + padding, static_cast<uint8_t>(padding));
  EncryptBlocks(iv, data);
}

struct AesCbcDecryptor::Impl {
  CipherContextPtr context;
};

AesCbcDecryptor::AesCbcDecryptor(ByteView key)
    : impl_(std::make_unique<Impl>(NewContext())) {
  Must(key.size() == kBlockSize, "AES key size");
  Must(EVP_DecryptInit_ex2(impl_->context.get(), Aes128Cbc(), key.data(),
                           nullptr, nullptr) == 1,
       "DecryptInit");
  EVP_CIPHER_CTX_set_padding(impl_->context.get(), 0);
}

AesCbcDecryptor::AesCbcDecryptor(AesCbcDecryptor&&) noexcept = default;
AesCbcDecryptor& AesCbcDecryptor::operator=(AesCbcDecryptor&&) noexcept =
    default;
AesCbcDecryptor::~AesCbcDecryptor() = default;

void AesCbcDecryptor::DecryptBlocks(const AesBlock& iv,
                                    std::span<uint8_t> data) {
  Must(data.size() % kBlockSize == 0, "AES-CBC: whole blocks");
  EVP_CIPHER_CTX* context = impl_->context.get();
  Must(EVP_DecryptInit_ex2(context, nullptr, nullptr, iv.data(), nullptr) == 1,
       "DecryptInit");
  while (!data.empty()) {
    const size_t size = std::min(data.size(), kMaxUpdate);
    int written = 0;
    Must(EVP_DecryptUpdate(context, data.data(), &written, data.data(),
                           static_cast<int>(size)) == 1 &&
             static_cast<size_t>(written) == size,
         "DecryptUpdate");
    data = data.subspan(size);
  }
}

struct AesCtr::Impl {
  CipherContextPtr context;
};

AesCtr::AesCtr(ByteView key)
    : impl_(std::make_unique<Impl>(EncryptContext(Aes128Ctr(), key))) {}

AesCtr::AesCtr(AesCtr&&) noexcept = default;
AesCtr& AesCtr::operator=(AesCtr&&) noexcept = default;
AesCtr::~AesCtr() = default;

void AesCtr::Start(const AesBlock& counter) {
  Restart(impl_->context.get(), counter);
}

void AesCtr::Apply(std::span<uint8_t> data) {
  EncryptInPlace(impl_->context.get(), data);
}

Bytes SealAes256Gcm(ByteView key, ByteView nonce, ByteView plaintext,
                    ByteView associated) {
  Must(nonce.size() == kNonceSize, "GCM nonce size");
  const CipherContextPtr context = EncryptContext(Aes256Gcm(), key);
  Bytes sealed(plaintext.begin(), plaintext.end());
  sealed.resize(plaintext.size() + kTagSize);
  const auto body = std::span(sealed).first(plaintext.size());
  const auto tag = std::span(sealed).last(kTagSize);
  int written = 0;
  Must(
      EVP_EncryptInit_ex2(context.get(), nullptr, nullptr, nonce.data(),
                          nullptr) == 1 &&
          EVP_EncryptUpdate(context.get(), nullptr, &written, associated.data(),
                            static_cast<int>(associated.size())) == 1,
      "GCM init");
  EncryptInPlace(context.get(), body);
  Must(EVP_EncryptFinal_ex(context.get(), tag.data(), &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize,
                               tag.data()) == 1,
       "GCM final");
  return sealed;
}

std::optional<SecretBytes> OpenAes256Gcm(ByteView key, ByteView nonce,
                                         ByteView sealed, ByteView associated) {
  Must(nonce.size() == kNonceSize && key.size() == 32, "GCM key and nonce");
  if (sealed.size() < kTagSize) return std::nullopt;
  const ByteView body = sealed.first(sealed.size() - kTagSize);
  const ByteView tag = sealed.last(kTagSize);
  const CipherContextPtr context = NewContext();
  SecretBytes plaintext(body);
  int written = 0;
  Must(
      EVP_DecryptInit_ex2(context.get(), Aes256Gcm(), key.data(), nonce.data(),
                          nullptr) == 1 &&
          EVP_DecryptUpdate(context.get(), nullptr, &written, associated.data(),
                            static_cast<int>(associated.size())) == 1 &&
          EVP_DecryptUpdate(context.get(), plaintext.writable().data(),
                            &written, body.data(),
                            static_cast<int>(body.size())) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize,
                              const_cast<uint8_t*>(tag.data())) == 1,
      "GCM decrypt");
  uint8_t unused[kBlockSize];
  const bool authentic =
      EVP_DecryptFinal_ex(context.get(), unused, &written) == 1;
  DropErrors();
  if (!authentic) return std::nullopt;
  return plaintext;
}

std::optional<Bytes> DecryptAes128CbcPadded(ByteView key, const AesBlock& iv,
                                            ByteView data) {
  if (data.empty() || data.size() % kBlockSize != 0) return std::nullopt;
  const CipherContextPtr context = NewContext();
  Must(key.size() == kBlockSize, "AES key size");
  Must(EVP_DecryptInit_ex2(context.get(), Aes128Cbc(), key.data(), iv.data(),
                           nullptr) == 1,
       "DecryptInit");
  // OpenSSL holds the last block back, so `written` trails what was read.
  Bytes plaintext(data.size() + kBlockSize);
  size_t total = 0;
  int written = 0;
  while (!data.empty()) {
    const ByteView chunk = data.first(std::min(data.size(), kMaxUpdate));
    Must(EVP_DecryptUpdate(context.get(), plaintext.data() + total, &written,
                           chunk.data(), static_cast<int>(chunk.size())) == 1,
         "DecryptUpdate");
    total += static_cast<size_t>(written);
    data = data.subspan(chunk.size());
  }
  const bool padded =
      EVP_DecryptFinal_ex(context.get(), plaintext.data() + total, &written) ==
      1;
  DropErrors();
  if (!padded) return std::nullopt;
  plaintext.resize(total + static_cast<size_t>(written));
  return plaintext;
}

}  // namespace usher::crypto
