#include "packager/encrypt/hevc/pps.h"

#include "packager/encrypt/hevc/scaling_list.h"
#include "packager/encrypt/rbsp_reader.h"

namespace usher::hevc {
namespace {

uint32_t ReadRefCount(RbspReader& reader) {
  const uint32_t count = reader.Ue();
  if (count > 14) reader.Fail();
  return count + 1;
}

void SkipTiles(RbspReader& reader) {
  constexpr uint32_t kMaxColumns = 20;  // table A.8
  constexpr uint32_t kMaxRows = 22;
  const uint32_t columns = reader.Ue();  // num_tile_columns_minus1
  const uint32_t rows = reader.Ue();
  if (columns >= kMaxColumns || rows >= kMaxRows) return reader.Fail();
  if (!reader.Flag()) {  // uniform_spacing_flag
    for (uint32_t i = 0; i < columns + rows; ++i) reader.Ue();
  }
  reader.Flag();  // loop_filter_across_tiles_enabled_flag
}

void ReadDeblocking(RbspReader& reader, Pps& pps) {
  if (!reader.Flag()) return;
  pps.deblocking_override = reader.Flag();
  pps.deblocking_disabled = reader.Flag();
  if (pps.deblocking_disabled) return;
  reader.Se();
  reader.Se();
}

void ReadExtensions(RbspReader& reader, bool transform_skip, Pps& pps) {
  if (!reader.Flag()) return;
  const bool range = reader.Flag();
  if (reader.Bits(7) != 0) return reader.Fail();
  if (!range) return;
  if (transform_skip) reader.Ue();
  reader.Flag();  // cross_component_prediction_enabled_flag
  pps.chroma_qp_offset_list = reader.Flag();
}

}  // namespace

std::optional<Pps> ParsePps(ByteView nal) {
  Pps pps;
  RbspReader reader(nal);
  reader.Bits(16);  // NAL header
  pps.id = reader.Ue();
  pps.sps_id = reader.Ue();
  if (pps.id > 63 || pps.sps_id > 15) return std::nullopt;
  pps.dependent_segments = reader.Flag();
  pps.output_flag = reader.Flag();
  pps.extra_bits = reader.Bits(3);
  reader.Flag();  // sign_data_hiding_enabled_flag
  pps.cabac_init = reader.Flag();
  pps.default_ref_count = {ReadRefCount(reader), ReadRefCount(reader)};
  reader.Se();    // init_qp_minus26
  reader.Flag();  // constrained_intra_pred_flag
  const bool transform_skip = reader.Flag();
  if (reader.Flag()) reader.Ue();  // diff_cu_qp_delta_depth
  reader.Se();                     // pps_cb_qp_offset
  reader.Se();                     // pps_cr_qp_offset
  pps.chroma_qp_offsets = reader.Flag();
  pps.weighted_pred = reader.Flag();
  pps.weighted_bipred = reader.Flag();
  reader.Flag();  // transquant_bypass_enabled_flag
  const bool tiles = reader.Flag();
  const bool wavefronts = reader.Flag();
  pps.entry_points = tiles || wavefronts;
  if (tiles) SkipTiles(reader);
  pps.loop_filter_across_slices = reader.Flag();
  ReadDeblocking(reader, pps);
  if (reader.Flag()) SkipScalingLists(reader);
  pps.lists_modification = reader.Flag();
  reader.Ue();  // log2_parallel_merge_level_minus2
  pps.header_extension = reader.Flag();
  ReadExtensions(reader, transform_skip, pps);
  if (!reader.ok()) return std::nullopt;
  return pps;
}

}  // namespace usher::hevc
