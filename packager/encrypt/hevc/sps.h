// What slice headers depend on of a sequence parameter set (ITU-T H.265
// 7.3.2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "packager/encrypt/hevc/ref_pic_set.h"

namespace usher::hevc {

struct Sps {
  uint32_t id = 0;  // 0..15
  bool separate_colour_planes = false;
  bool chroma = true;          // ChromaArrayType is not 0
  uint32_t coding_blocks = 0;  // PicSizeInCtbsY
  unsigned poc_lsb_bits = 4;
  bool sample_adaptive_offset = false;
  std::vector<RefPicSet> short_term_sets;
  bool long_term_refs = false;
  std::vector<bool> long_term_used;  // lt_ref_pic_poc_lsb_sps: used or not
  bool temporal_motion_vectors = false;
};

// `nal` from its header on. Nothing where it is damaged, or of a profile whose
// slice headers are longer (screen content).
std::optional<Sps> ParseSps(ByteView nal);

}  // namespace usher::hevc
