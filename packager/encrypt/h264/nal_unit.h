// The types of NAL units that matter here (ITU-T H.264 table 7-1).
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher::h264 {

inline constexpr uint8_t kSliceNal = 1;
inline constexpr uint8_t kIdrSliceNal = 5;
inline constexpr uint8_t kSpsNal = 7;
inline constexpr uint8_t kPpsNal = 8;

// Both of a NAL unit with at least one byte.
inline uint8_t NalType(ByteView nal) { return nal.front() & 0x1F; }
inline uint8_t NalRefIdc(ByteView nal) { return nal.front() >> 5 & 3; }

// Coded slices and data partitions: the picture itself.
inline bool IsVcl(ByteView nal) {
  return NalType(nal) >= kSliceNal && NalType(nal) <= kIdrSliceNal;
}

}  // namespace usher::h264
