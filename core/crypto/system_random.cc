#include "core/crypto/system_random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <climits>

#include "core/crypto/evp.h"

namespace usher::crypto {

void SystemRandom::Fill(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), INT_MAX);
    Must(RAND_bytes(bytes.data(), static_cast<int>(size)) == 1, "RAND_bytes");
    bytes = bytes.subspan(size);
  }
}

}  // namespace usher::crypto
