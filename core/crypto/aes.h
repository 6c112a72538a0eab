// AES as content encryption (ISO/IEC 23001-7, RFC 8216) and key sealing use it.
//
// A cipher object holds one expanded key and works in place without
// allocating, so a worker can run many samples through one object. Not
// thread-safe; one object per thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/secret_bytes.h"

namespace usher::crypto {

using AesBlock = std::array<uint8_t, 16>;

// AES-128-CBC encryption.
class AesCbcEncryptor {
 public:
  explicit AesCbcEncryptor(ByteView key);  // 16 bytes
  AesCbcEncryptor(AesCbcEncryptor&&) noexcept;
  AesCbcEncryptor& operator=(AesCbcEncryptor&&) noexcept;
  ~AesCbcEncryptor();

  // `data` is whole blocks, encrypted in place; a chain of its own from `iv`.
  void EncryptBlocks(const AesBlock& iv, std::span<uint8_t> data);
  // With PKCS#7 padding: `data` grows by 1 to 16 bytes, encrypted in place.
  void EncryptPadded(const AesBlock& iv, Bytes& data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// AES-128-CBC decryption of whole blocks: `usher inspect`.
class AesCbcDecryptor {
 public:
  explicit AesCbcDecryptor(ByteView key);  // 16 bytes
  AesCbcDecryptor(AesCbcDecryptor&&) noexcept;
  AesCbcDecryptor& operator=(AesCbcDecryptor&&) noexcept;
  ~AesCbcDecryptor();

  // `data` is whole blocks, decrypted in place; a chain of its own from `iv`.
  void DecryptBlocks(const AesBlock& iv, std::span<uint8_t> data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// AES-128-CTR; encryption and decryption are the same.
class AesCtr {
 public:
  explicit AesCtr(ByteView key);  // 16 bytes
  AesCtr(AesCtr&&) noexcept;
  AesCtr& operator=(AesCtr&&) noexcept;
  ~AesCtr();

  // Starts the key stream at `counter` (big-endian, all 16 bytes count).
  void Start(const AesBlock& counter);
  // Goes on with the key stream where the last call stopped, also mid-block.
  void Apply(std::span<uint8_t> data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// AES-256-GCM. `nonce` is 12 bytes and never used twice under one key.
// Returns ciphertext and the 16-byte tag behind it.
Bytes SealAes256Gcm(ByteView key, ByteView nonce, ByteView plaintext,
                    ByteView associated);
// Nothing where the tag does not match.
std::optional<SecretBytes> OpenAes256Gcm(ByteView key, ByteView nonce,
                                         ByteView sealed, ByteView associated);

// Decryption with padding checked: `usher inspect`, `--verify` and tests.
std::optional<Bytes> DecryptAes128CbcPadded(ByteView key, const AesBlock& iv,
                                            ByteView data);

}  // namespace usher::crypto
