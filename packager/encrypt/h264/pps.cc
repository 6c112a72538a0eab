#include "packager/encrypt/h264/pps.h"

#include <bit>

#include "packager/encrypt/rbsp_reader.h"

namespace usher::h264 {
namespace {

// 8.2.2.8: macroblocks given to groups one by one.
void SkipExplicitMap(RbspReader& reader, uint32_t groups) {
  const auto bits = static_cast<unsigned>(std::bit_width(groups - 1));
  const uint32_t last = reader.Ue();
  for (uint32_t i = 0; i <= last && reader.ok(); ++i) reader.Bits(bits);
}

void ReadSliceGroups(RbspReader& reader, uint32_t groups, Pps& pps) {
  const uint32_t map_type = reader.Ue();
  if (map_type == 0) {
    for (uint32_t i = 0; i < groups; ++i) reader.Ue();  // run_length_minus1
  } else if (map_type == 2) {
    for (uint32_t i = 0; i < groups - 1; ++i) {
      reader.Ue();  // top_left
      reader.Ue();  // bottom_right
    }
  } else if (map_type >= 3 && map_type <= 5) {
    reader.Flag();  // slice_group_change_direction_flag
    pps.slice_group_change_rate = uint64_t{reader.Ue()} + 1;
  } else if (map_type == 6) {
    SkipExplicitMap(reader, groups);
  } else if (map_type != 1) {
    reader.Fail();
  }
}

uint32_t ReadRefCount(RbspReader& reader) {
  const uint32_t count = reader.Ue();
  if (count > 31) reader.Fail();
  return count + 1;
}

}  // namespace

std::optional<Pps> ParsePps(ByteView nal) {
  Pps pps;
  RbspReader reader(nal);
  reader.Bits(8);  // NAL header
  pps.id = reader.Ue();
  pps.sps_id = reader.Ue();
  if (pps.id > 255 || pps.sps_id > 31) return std::nullopt;
  pps.cabac = reader.Flag();
  pps.bottom_field_pic_order = reader.Flag();
  const uint32_t more_groups = reader.Ue();  // num_slice_groups_minus1
  if (more_groups > 7) return std::nullopt;
  if (more_groups > 0) ReadSliceGroups(reader, more_groups + 1, pps);
  pps.default_ref_count = {ReadRefCount(reader), ReadRefCount(reader)};
  pps.weighted_pred = reader.Flag();
  pps.weighted_bipred_idc = reader.Bits(2);
  reader.Se();  // pic_init_qp_minus26
  reader.Se();  // pic_init_qs_minus26
  reader.Se();  // chroma_qp_index_offset
  pps.deblocking_control = reader.Flag();
  reader.Flag();  // constrained_intra_pred_flag
  pps.redundant_pic_cnt = reader.Flag();
  if (!reader.ok()) return std::nullopt;
  return pps;
}

}  // namespace usher::h264
