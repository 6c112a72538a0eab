// Walks the NAL units of an H.264 or HEVC access unit, in either of the two
// forms they come in: start codes (ITU-T H.264 and H.265 Annex B) or length
// prefixes (ISO/IEC 14496-15). Views into the caller's bytes; never past their
// end.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace usher {

enum class NalType : uint8_t {
  kSlice = 1,
  kIdrSlice = 5,
  kSei = 6,
  kSequenceParameterSet = 7,
  kPictureParameterSet = 8,
  kSequenceParameterSetExtension = 13,
};

// `unit` is not empty.
inline NalType NalTypeOf(ByteView unit) {
  return static_cast<NalType>(unit[0] & 0x1f);
}

// ITU-T H.265 table 7-1. Slices are those below 32; 16 to 23 begin a sequence
// that can be decoded from there (IRAP), 16 to 18 of them behind a splice
// (BLA).
enum class HevcNalType : uint8_t {
  kRaslN = 8,
  kRaslR = 9,
  kBlaWithLeading = 16,
  kBlaWithRadl = 17,
  kBlaAlone = 18,
  kIdrWithRadl = 19,
  kIdrAlone = 20,
  kCra = 21,
  kLastIrap = 23,
  kVideoParameterSet = 32,
  kSequenceParameterSet = 33,
  kPictureParameterSet = 34,
  kPrefixSei = 39,
};

// `unit` is not empty.
inline HevcNalType HevcNalTypeOf(ByteView unit) {
  return static_cast<HevcNalType>(unit[0] >> 1 & 0x3f);
}

// The first bytes of a NAL unit without emulation prevention bytes; at most
// `max`.
Bytes Unescaped(ByteView unit, size_t max);

// Zeros behind a NAL unit belong to the start code of the next (ITU-T H.264
// B.1.1); who copies MPEG-TS to MP4 may leave them there.
inline ByteView WithoutTrailingZeros(ByteView unit) {
  while (!unit.empty() && unit.back() == 0) unit = unit.first(unit.size() - 1);
  return unit;
}

class NalUnits {
 public:
  static NalUnits AnnexB(ByteView data) { return NalUnits(data, 0); }
  // `length_size` is 1, 2 or 4.
  static NalUnits LengthPrefixed(ByteView data, uint8_t length_size) {
    return NalUnits(data, length_size);
  }

  // The next unit that is not empty, without start code or length; nothing at
  // the end, and where a length reaches past it: then damaged() is true.
  std::optional<ByteView> Next();
  bool damaged() const { return damaged_; }

 private:
  NalUnits(ByteView data, uint8_t length_size)
      : rest_(data), length_size_(length_size) {}
  std::optional<ByteView> NextAnnexB();
  std::optional<ByteView> NextLengthPrefixed();

  ByteView rest_;
  uint8_t length_size_;  // 0: Annex B
  bool damaged_ = false;
};

}  // namespace usher
