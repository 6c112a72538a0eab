#include "packager/encrypt/rbsp_reader.h"

namespace usher {

uint32_t RbspReader::Bits(unsigned count) {
  uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) value = value << 1 | Bit();
  return ok_ ? value : 0;
}

uint32_t RbspReader::Ue() {
  unsigned zeros = 0;
  while (ok_ && Bit() == 0) ++zeros;
  if (zeros > 31) Fail();  // the largest code number is 2^32 - 2
  if (!ok_) return 0;
  return ((uint32_t{1} << zeros) - 1) + Bits(zeros);
}

int32_t RbspReader::Se() {
  const uint32_t code = Ue();
  const auto magnitude = static_cast<int32_t>(code / 2 + code % 2);
  return code % 2 == 1 ? magnitude : -magnitude;
}

uint32_t RbspReader::Bit() {
  if (bits_left_ == 0) NextByte();
  if (!ok_) return 0;
  --bits_left_;
  return byte_ >> bits_left_ & 1;
}

void RbspReader::NextByte() {
  constexpr uint8_t kEmulationPrevention = 3;
  if (zeros_ >= 2 && next_ < nal_.size() &&
      nal_[next_] == kEmulationPrevention) {
    ++next_;
    zeros_ = 0;
  }
  if (next_ >= nal_.size()) return Fail();
  byte_ = nal_[next_++];
  zeros_ = byte_ == 0 ? zeros_ + 1 : 0;
  bits_left_ = 8;
}

}  // namespace usher
