// What frame headers depend on of a sequence header (AV1 bitstream
// specification 5.5).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace usher::av1 {

struct OperatingPoint {
  unsigned layers = 0;  // operating_point_idc
  bool decoder_model = false;
};

struct SequenceHeader {
  bool reduced_still_picture = false;
  bool decoder_model = false;
  bool equal_picture_interval = false;
  unsigned removal_time_bits = 0;
  unsigned presentation_time_bits = 0;
  std::vector<OperatingPoint> operating_points;
  unsigned width_bits = 0;
  unsigned height_bits = 0;
  uint32_t max_width = 0;
  uint32_t max_height = 0;
  unsigned frame_id_bits = 0;  // 0: none
  unsigned delta_frame_id_bits = 0;
  bool large_superblocks = false;
  bool warped_motion = false;
  unsigned order_hint_bits = 0;  // 0: none
  bool ref_frame_mvs = false;
  unsigned screen_content_tools = 2;  // 2: each frame tells
  unsigned integer_mv = 2;
  bool superres = false;
  bool cdef = false;
  bool restoration = false;
  bool monochrome = false;
  bool subsampling_x = true;
  bool subsampling_y = true;
  bool separate_uv_delta_q = false;
  bool film_grain = false;
};

// Nothing where it is damaged.
std::optional<SequenceHeader> ParseSequenceHeader(ByteView payload);

}  // namespace usher::av1
