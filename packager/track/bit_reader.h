// Reads bits, most significant first, from bytes that may be hostile: behind
// the end every bit is 0 and overrun() is true.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

class BitReader {
 public:
  explicit BitReader(ByteView data) : data_(data) {}

  // `count` at most 32.
  uint32_t Bits(unsigned count) {
    uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) value = value << 1 | Bit();
    return value;
  }

  // ue(v) of ITU-T H.264 9.1.
  uint32_t ExpGolomb() {
    unsigned zeros = 0;
    while (zeros < kMaxZeros && !overrun() && Bit() == 0) ++zeros;
    return (uint32_t{1} << zeros) - 1 + Bits(zeros);
  }

  bool Flag() { return Bits(1) != 0; }

  size_t position() const { return position_; }  // in bits
  bool overrun() const { return position_ > 8 * data_.size(); }
  size_t bits_left() const {
    return overrun() ? 0 : 8 * data_.size() - position_;
  }

 private:
  static constexpr unsigned kMaxZeros = 31;

  uint32_t Bit() {
    const size_t at = position_++;
    if (at >= 8 * data_.size()) return 0;
    return data_[at / 8] >> (7 - at % 8) & 1;
  }

  ByteView data_;
  size_t position_ = 0;
};

}  // namespace usher
