#include "core/base/secret_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/secret_memory.h"

namespace usher {

SecretBytes::SecretBytes(ByteView bytes) : SecretBytes(bytes.size()) {
  std::ranges::copy(bytes, bytes_.begin());
}

SecretBytes::SecretBytes(size_t size)
    : bytes_(SecretMemory::OfProcess().Take(size)) {}

SecretBytes::SecretBytes(Bytes&& bytes) : SecretBytes(ByteView(bytes)) {
  Wipe(bytes);
  bytes.clear();
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    SecretMemory::OfProcess().Give(bytes_);
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SecretBytes::~SecretBytes() { SecretMemory::OfProcess().Give(bytes_); }

void Wipe(std::span<uint8_t> bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

// Eight bytes at a time. The compiler may not look into `difference`, and so
// not leave off where it is known not to be 0.
bool EqualInConstantTime(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  uint64_t difference = 0;
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= a.size(); i += sizeof(uint64_t)) {
    uint64_t one = 0;
    uint64_t other = 0;
    std::memcpy(&one, a.data() + i, sizeof(one));
    std::memcpy(&other, b.data() + i, sizeof(other));
    difference |= one ^ other;
    asm volatile("" : "+r"(difference));
  }
  for (; i < a.size(); ++i) {
    difference |= uint64_t{a[i]} ^ b[i];
    asm volatile("" : "+r"(difference));
  }
  return difference == 0;
}

}  // namespace usher
