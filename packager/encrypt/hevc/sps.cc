#include "packager/encrypt/hevc/sps.h"

#include <array>

#include "packager/encrypt/hevc/scaling_list.h"
#include "packager/encrypt/rbsp_reader.h"

namespace usher::hevc {
namespace {

constexpr uint32_t kScreenContentProfile = 9;  // and 11, of high throughput

uint32_t BoundedUe(RbspReader& reader, uint32_t max) {
  const uint32_t value = reader.Ue();
  if (value > max) reader.Fail();
  return reader.ok() ? value : 0;
}

void SkipBits(RbspReader& reader, unsigned count) {
  for (; count > 32; count -= 32) reader.Bits(32);
  reader.Bits(count);
}

// profile_tier_level(), 7.3.3.
void ReadProfile(RbspReader& reader, unsigned max_sub_layers_minus1) {
  const uint32_t profile = reader.Bits(8) & 31;
  if (profile == kScreenContentProfile || profile == 11) reader.Fail();
  SkipBits(reader, 80 + 8);
  if (max_sub_layers_minus1 == 0) return;
  std::array<unsigned, 8> sizes{};
  for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
    if (reader.Flag()) sizes[i] += 88;
    if (reader.Flag()) sizes[i] += 8;
  }
  SkipBits(reader, 2 * (8 - max_sub_layers_minus1));
  for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
    SkipBits(reader, sizes[i]);
  }
}

struct PictureSize {
  uint64_t width = 0;
  uint64_t height = 0;
};

PictureSize ReadPicture(RbspReader& reader, Sps& sps) {
  constexpr uint32_t kMaxSide = 1 << 16;
  const uint32_t chroma_format = BoundedUe(reader, 3);
  if (chroma_format == 3) sps.separate_colour_planes = reader.Flag();
  sps.chroma = chroma_format != 0 && !sps.separate_colour_planes;
  PictureSize size;
  size.width = BoundedUe(reader, kMaxSide);
  size.height = BoundedUe(reader, kMaxSide);
  if (reader.Flag()) {  // conformance_window_flag
    for (int edge = 0; edge < 4; ++edge) reader.Ue();
  }
  reader.Ue();  // bit_depth_luma_minus8
  reader.Ue();  // bit_depth_chroma_minus8
  return size;
}

void SkipBuffering(RbspReader& reader, unsigned max_sub_layers_minus1) {
  const bool each_layer = reader.Flag();
  for (unsigned i = each_layer ? 0 : max_sub_layers_minus1;
       i <= max_sub_layers_minus1; ++i) {
    for (int value = 0; value < 3; ++value) reader.Ue();
  }
}

void ReadBlocks(RbspReader& reader, const PictureSize& size, Sps& sps) {
  const uint32_t smallest = BoundedUe(reader, 3) + 3;
  const uint32_t largest = smallest + BoundedUe(reader, 3);
  const uint64_t side = uint64_t{1} << largest;
  sps.coding_blocks = static_cast<uint32_t>((size.width + side - 1) / side *
                                            ((size.height + side - 1) / side));
  for (int value = 0; value < 4; ++value) reader.Ue();  // transform blocks
}

void ReadTools(RbspReader& reader, Sps& sps) {
  if (reader.Flag() && reader.Flag()) SkipScalingLists(reader);
  reader.Flag();  // amp_enabled_flag
  sps.sample_adaptive_offset = reader.Flag();
  if (reader.Flag()) {  // pcm_enabled_flag
    reader.Bits(8);
    reader.Ue();
    reader.Ue();
    reader.Flag();
  }
}

void ReadReferences(RbspReader& reader, Sps& sps) {
  const uint32_t sets = BoundedUe(reader, 64);
  for (uint32_t i = 0; i < sets && reader.ok(); ++i) {
    sps.short_term_sets.push_back(
        ReadRefPicSet(reader, sps.short_term_sets, false));
  }
  sps.long_term_refs = reader.Flag();
  if (sps.long_term_refs) {
    const uint32_t count = BoundedUe(reader, 32);
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
      reader.Bits(sps.poc_lsb_bits);
      sps.long_term_used.push_back(reader.Flag());
    }
  }
  sps.temporal_motion_vectors = reader.Flag();
}

}  // namespace

std::optional<Sps> ParseSps(ByteView nal) {
  Sps sps;
  RbspReader reader(nal);
  reader.Bits(16);  // NAL header
  reader.Bits(4);   // sps_video_parameter_set_id
  const unsigned max_sub_layers_minus1 = reader.Bits(3);
  if (max_sub_layers_minus1 > 6) return std::nullopt;
  reader.Flag();  // sps_temporal_id_nesting_flag
  ReadProfile(reader, max_sub_layers_minus1);
  sps.id = BoundedUe(reader, 15);
  const PictureSize size = ReadPicture(reader, sps);
  sps.poc_lsb_bits = BoundedUe(reader, 12) + 4;
  SkipBuffering(reader, max_sub_layers_minus1);
  ReadBlocks(reader, size, sps);
  ReadTools(reader, sps);
  ReadReferences(reader, sps);
  if (!reader.ok() || sps.coding_blocks == 0) return std::nullopt;
  return sps;
}

}  // namespace usher::hevc
