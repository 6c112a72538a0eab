// The types of NAL units that matter here (ITU-T H.265 7.3.1.2, table 7-1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace usher::hevc {

inline constexpr size_t kNalHeaderSize = 2;
inline constexpr uint8_t kFirstIrapNal = 16;
inline constexpr uint8_t kIdrWithRadlNal = 19;
inline constexpr uint8_t kIdrAloneNal = 20;
inline constexpr uint8_t kLastIrapNal = 23;
inline constexpr uint8_t kSpsNal = 33;
inline constexpr uint8_t kPpsNal = 34;

// Of a NAL unit with at least one byte.
inline uint8_t NalType(ByteView nal) { return nal.front() >> 1 & 0x3F; }

// Coded slice segments: the picture itself.
inline bool IsVcl(ByteView nal) { return NalType(nal) < 32; }

// nuh_layer_id; of a NAL unit with at least two bytes.
inline uint8_t LayerOf(ByteView nal) {
  return static_cast<uint8_t>((nal[0] & 1) << 5 | nal[1] >> 3);
}

}  // namespace usher::hevc
