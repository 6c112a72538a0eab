// What slice headers depend on of a picture parameter set (ITU-T H.265
// 7.3.2.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace usher::hevc {

struct Pps {
  uint32_t id = 0;      // 0..63
  uint32_t sps_id = 0;  // 0..15
  bool dependent_segments = false;
  bool output_flag = false;
  unsigned extra_bits = 0;  // num_extra_slice_header_bits
  bool cabac_init = false;
  std::array<uint32_t, 2> default_ref_count = {1, 1};
  bool chroma_qp_offsets = false;
  bool weighted_pred = false;
  bool weighted_bipred = false;
  bool entry_points = false;  // tiles or wavefronts
  bool loop_filter_across_slices = false;
  bool deblocking_override = false;
  bool deblocking_disabled = false;
  bool lists_modification = false;
  bool header_extension = false;
  bool chroma_qp_offset_list = false;
};

// `nal` from its header on. Nothing where it is damaged, or has an extension
// that makes slice headers longer (multilayer, 3D, screen content).
std::optional<Pps> ParsePps(ByteView nal);

}  // namespace usher::hevc
