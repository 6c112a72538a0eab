#include "tests/support/movie_fragment.h"

#include <stdexcept>

namespace usher::testing {
namespace {

struct TrackFragmentDefaults {
  uint32_t duration = 0;
  uint32_t size = 0;
  uint32_t flags = 0;
};

TrackFragmentDefaults ReadDefaults(const Box& tfhd) {
  FieldReader fields = tfhd.Fields();
  const uint32_t flags = fields.U32() & 0xFFFFFF;
  if ((flags & 0x020000) == 0) {
    throw std::runtime_error("tfhd: not default-base-is-moof");
  }
  fields.U32();  // track_ID
  if ((flags & 0x01) != 0) fields.U64();
  if ((flags & 0x02) != 0) fields.U32();
  TrackFragmentDefaults defaults;
  if ((flags & 0x08) != 0) defaults.duration = fields.U32();
  if ((flags & 0x10) != 0) defaults.size = fields.U32();
  if ((flags & 0x20) != 0) defaults.flags = fields.U32();
  if (fields.left() != 0) throw std::runtime_error("tfhd: bytes left over");
  return defaults;
}

uint64_t ReadDecodeTime(const Box& tfdt) {
  FieldReader fields = tfdt.Fields();
  const bool wide = fields.U32() >> 24 == 1;
  return wide ? fields.U64() : fields.U32();
}

bool IsSync(uint32_t sample_flags) { return (sample_flags & 0x00010000) == 0; }

}  // namespace

Fragment ReadMovieFragment(const Box& file, const Box& moof) {
  Fragment fragment;
  FieldReader mfhd = moof.At("mfhd").Fields();
  mfhd.U32();
  fragment.number = mfhd.U32();
  fragment.decode_time = ReadDecodeTime(moof.At("traf/tfdt"));
  const TrackFragmentDefaults defaults = ReadDefaults(moof.At("traf/tfhd"));
  FieldReader trun = moof.At("traf/trun").Fields();
  const uint32_t flags = trun.U32() & 0xFFFFFF;
  const uint32_t count = trun.U32();
  const uint32_t data_offset = (flags & 0x01) != 0 ? trun.U32() : 0;
  const uint32_t first_flags =
      (flags & 0x04) != 0 ? trun.U32() : defaults.flags;
  size_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Sample sample;
    sample.duration = (flags & 0x100) != 0 ? trun.U32() : defaults.duration;
    sample.size = (flags & 0x200) != 0 ? trun.U32() : defaults.size;
    uint32_t sample_flags = i == 0 ? first_flags : defaults.flags;
    if ((flags & 0x400) != 0) sample_flags = trun.U32();
    sample.key = IsSync(sample_flags);
    if ((flags & 0x800) != 0) {
      sample.composition_offset = static_cast<int32_t>(trun.U32());
    }
    bytes += sample.size;
    fragment.samples.push_back(sample);
  }
  if (trun.left() != 0) throw std::runtime_error("trun: bytes left over");
  FieldReader data(file.payload);
  data.Skip(moof.offset + data_offset);
  fragment.data = data.Take(bytes);
  return fragment;
}

std::vector<Fragment> ReadMovieFragments(const Box& file) {
  std::vector<Fragment> fragments;
  for (const Box& box : file.children) {
    if (box.type == "moof") fragments.push_back(ReadMovieFragment(file, box));
  }
  return fragments;
}

std::vector<Bytes> SplitSamples(const Fragment& fragment) {
  std::vector<Bytes> samples;
  FieldReader data(fragment.data);
  for (const Sample& sample : fragment.samples) {
    samples.push_back(data.Take(sample.size));
  }
  return samples;
}

}  // namespace usher::testing
