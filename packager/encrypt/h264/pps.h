// Picture parameter set: what a slice header's length depends on
// (ITU-T H.264 7.3.2.2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace usher::h264 {

struct Pps {
  uint32_t id = 0;      // 0..255
  uint32_t sps_id = 0;  // 0..31
  bool cabac = false;
  bool bottom_field_pic_order = false;
  // SliceGroupChangeRate where slice headers have slice_group_change_cycle
  // (map types 3 to 5), else 0.
  uint64_t slice_group_change_rate = 0;
  std::array<uint32_t, 2> default_ref_count = {1, 1};
  bool weighted_pred = false;
  uint32_t weighted_bipred_idc = 0;
  bool deblocking_control = false;
  bool redundant_pic_cnt = false;
};

// `nal` from its header byte on. Nothing where it is damaged.
std::optional<Pps> ParsePps(ByteView nal);

}  // namespace usher::h264
