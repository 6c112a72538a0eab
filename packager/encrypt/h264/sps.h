// Sequence parameter set: what a slice header's length depends on
// (ITU-T H.264 7.3.2.1.1).
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace usher::h264 {

struct Sps {
  uint32_t id = 0;  // 0..31
  bool separate_colour_planes = false;
  bool chroma = true;  // ChromaArrayType is not 0
  unsigned frame_num_bits = 4;
  uint32_t poc_type = 0;
  unsigned poc_lsb_bits = 4;                 // poc_type 0
  bool delta_pic_order_always_zero = false;  // poc_type 1
  uint32_t map_units = 0;                    // PicSizeInMapUnits
  bool frame_mbs_only = true;
};

// `nal` from its header byte on. Nothing where it is damaged.
std::optional<Sps> ParseSps(ByteView nal);

}  // namespace usher::h264
