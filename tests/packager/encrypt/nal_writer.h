// Writes NAL units bit by bit, emulation prevention included (ITU-T H.264 7.2,
// 7.3.1, 9.1): the other half of RbspReader, for tests.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher::testing {

class NalWriter {
 public:
  NalWriter(unsigned ref_idc, unsigned type) {
    U(1, 0);
    U(2, ref_idc);
    U(5, type);
  }

  void U(unsigned count, uint64_t value);
  void Flag(bool value) { U(1, value ? 1 : 0); }
  void Ue(uint64_t value);
  void Se(int64_t value);

  size_t bits() const { return bits_; }
  // Bytes of the escaped NAL unit up to and with the one of bit `bits` - 1.
  size_t EscapedSize(size_t bits) const;
  // The escaped NAL unit of a parameter set: rbsp_trailing_bits are added.
  Bytes FinishParameterSet();
  // The escaped NAL unit of a slice: filled up with one bits, as CABAC wants
  // it, and `payload` behind that.
  Bytes FinishSlice(ByteView payload) const;

 private:
  Bytes rbsp_;
  size_t bits_ = 0;
};

// With emulation prevention bytes.
Bytes Escape(ByteView rbsp);

}  // namespace usher::testing
