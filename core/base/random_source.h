// Where unpredictable bytes come from, passed in so that tests can fix them.
// The real one is core/crypto/system_random.h.
#pragma once

#include <cstdint>
#include <span>

namespace usher {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Fills all of `bytes`. Never returns without having done so: a process
  // without randomness must not go on, so the implementation aborts it.
  virtual void Fill(std::span<uint8_t> bytes) = 0;
};

}  // namespace usher
