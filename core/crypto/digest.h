// SHA-256, HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869).
//
// EVP objects are fetched once per process. All functions are thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/secret_bytes.h"

namespace usher::crypto {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(ByteView data);
// The digest of the parts one after another.
Sha256Digest Sha256(std::span<const ByteView> parts);
Sha256Digest Sha256(std::initializer_list<ByteView> parts);

// One key, many messages: the key schedule is done once.
// Not thread-safe; one object per thread (nginx workers have one thread).
class HmacSha256 {
 public:
  explicit HmacSha256(ByteView key);
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();
  Sha256Digest Sign(ByteView message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `size` bytes (at most 255 * 32) for the use that `label` names.
SecretBytes HkdfSha256(ByteView secret, ByteView salt, std::string_view label,
                       size_t size);

}  // namespace usher::crypto
