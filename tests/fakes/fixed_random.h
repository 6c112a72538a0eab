// Randomness a test can foresee: the bytes 1, 2, 3 ... from `next` on, so that
// two draws differ and every run is the same.
#pragma once

#include "core/base/random_source.h"

namespace usher::testing {

class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(uint8_t next = 1) : next_(next) {}
  void Fill(std::span<uint8_t> bytes) override {
    for (uint8_t& byte : bytes) byte = next_++;
  }

 private:
  uint8_t next_;
};

}  // namespace usher::testing
