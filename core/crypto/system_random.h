// The operating system's random numbers, through OpenSSL's DRBG. Thread-safe.
#pragma once

#include "core/base/random_source.h"

namespace usher::crypto {

class SystemRandom final : public RandomSource {
 public:
  void Fill(std::span<uint8_t> bytes) override;
};

}  // namespace usher::crypto
