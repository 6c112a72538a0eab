// Key material: in memory that is locked and not dumped (secret_memory.h),
// wiped when it goes, never printed, compared in constant time.
//
// Movable, not copyable; a copy is asked for by name (Clone), so that each one
// is a decision.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/bytes.h"

namespace usher {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(ByteView bytes);
  // Zeros.
  explicit SecretBytes(size_t size);
  // Wipes `bytes`, so that no second copy is left behind.
  explicit SecretBytes(Bytes&& bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  SecretBytes Clone() const { return SecretBytes(view()); }
  ByteView view() const { return bytes_; }
  std::span<uint8_t> writable() { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<uint8_t> bytes_;
};

// Overwrites `bytes` in a way the compiler does not drop.
void Wipe(std::span<uint8_t> bytes);

// Time depends on the sizes only.
bool EqualInConstantTime(ByteView a, ByteView b);

}  // namespace usher
