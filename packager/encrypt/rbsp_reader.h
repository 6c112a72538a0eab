// Reads syntax elements of one NAL unit, emulation prevention bytes skipped
// (ITU-T H.264 7.2, 7.4.1, 9.1; H.265 the same).
//
// Reading behind the end, or a code that is no valid one, makes ok() false for
// good; every value read from then on is 0. So a parser may read on and ask
// once, but a loop whose bound comes from the stream asks each time.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

class RbspReader {
 public:
  // `nal` from its header byte on; must outlive the reader.
  explicit RbspReader(ByteView nal) : nal_(nal) {}

  uint32_t Bits(unsigned count);  // u(n), at most 32
  bool Flag() { return Bits(1) != 0; }
  uint32_t Ue();  // ue(v)
  int32_t Se();   // se(v)

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  // Bytes of the NAL unit that hold what was read so far, the last of them
  // perhaps in part; emulation prevention bytes among them count.
  size_t BytesRead() const { return next_; }

 private:
  uint32_t Bit();
  void NextByte();

  ByteView nal_;
  size_t next_ = 0;         // the byte after the current one
  unsigned zeros_ = 0;      // zero bytes in a row, up to the current one
  unsigned bits_left_ = 0;  // of the current byte
  uint8_t byte_ = 0;
  bool ok_ = true;
};

}  // namespace usher
