#include "packager/encrypt/h264/sps.h"

#include <algorithm>
#include <array>

#include "packager/encrypt/rbsp_reader.h"

namespace usher::h264 {
namespace {

// Reads ue(v) that the standard limits to `max`.
uint32_t BoundedUe(RbspReader& reader, uint32_t max) {
  const uint32_t value = reader.Ue();
  if (value > max) reader.Fail();
  return value;
}

bool HasChromaFormat(uint32_t profile) {
  constexpr std::array<uint32_t, 13> kProfiles = {
      100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  return std::ranges::find(kProfiles, profile) != kProfiles.end();
}

// 7.3.2.1.1.1; only its length matters.
void SkipScalingList(RbspReader& reader, unsigned size) {
  int last = 8;
  int next = 8;
  for (unsigned i = 0; i < size && next != 0 && reader.ok(); ++i) {
    const int delta = reader.Se() % 256;
    next = (last + delta + 256) % 256;
    if (next != 0) last = next;
  }
}

void SkipScalingMatrix(RbspReader& reader, uint32_t chroma_format) {
  const unsigned lists = chroma_format == 3 ? 12 : 8;
  for (unsigned i = 0; i < lists; ++i) {
    if (reader.Flag()) SkipScalingList(reader, i < 6 ? 16 : 64);
  }
}

void ReadChromaFormat(RbspReader& reader, Sps& sps) {
  const uint32_t chroma_format = BoundedUe(reader, 3);
  if (chroma_format == 3) sps.separate_colour_planes = reader.Flag();
  sps.chroma = chroma_format != 0 && !sps.separate_colour_planes;
  reader.Ue();    // bit_depth_luma_minus8
  reader.Ue();    // bit_depth_chroma_minus8
  reader.Flag();  // qpprime_y_zero_transform_bypass_flag
  if (reader.Flag()) SkipScalingMatrix(reader, chroma_format);
}

void ReadPictureOrderCount(RbspReader& reader, Sps& sps) {
  sps.poc_type = BoundedUe(reader, 2);
  if (sps.poc_type == 0) {
    sps.poc_lsb_bits = BoundedUe(reader, 12) + 4;
  } else if (sps.poc_type == 1) {
    sps.delta_pic_order_always_zero = reader.Flag();
    reader.Se();  // offset_for_non_ref_pic
    reader.Se();  // offset_for_top_to_bottom_field
    const uint32_t frames = BoundedUe(reader, 255);
    for (uint32_t i = 0; i < frames && reader.ok(); ++i) reader.Se();
  }
}

}  // namespace

std::optional<Sps> ParseSps(ByteView nal) {
  constexpr uint32_t kMaxSide = 0xFFFF;
  Sps sps;
  RbspReader reader(nal);
  reader.Bits(8);  // NAL header
  const uint32_t profile = reader.Bits(8);
  reader.Bits(16);  // constraint flags, level_idc
  sps.id = BoundedUe(reader, 31);
  if (HasChromaFormat(profile)) ReadChromaFormat(reader, sps);
  sps.frame_num_bits = BoundedUe(reader, 12) + 4;
  ReadPictureOrderCount(reader, sps);
  reader.Ue();    // max_num_ref_frames
  reader.Flag();  // gaps_in_frame_num_value_allowed_flag
  const uint32_t width = BoundedUe(reader, kMaxSide - 1) + 1;
  const uint32_t height = BoundedUe(reader, kMaxSide - 1) + 1;
  sps.map_units = width * height;
  sps.frame_mbs_only = reader.Flag();
  if (!reader.ok()) return std::nullopt;
  return sps;
}

}  // namespace usher::h264
