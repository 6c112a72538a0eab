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

bool EqualInConstantTime(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace usher
