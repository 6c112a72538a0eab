#include "packager/mp4/track_run.h"

#include <algorithm>
#include <functional>

#include "packager/mp4/box.h"

namespace usher::mp4 {
namespace {

// sample_depends_on and sample_is_non_sync_sample, 8.8.3.1.
constexpr uint32_t kSyncFlags = 0x02000000;
constexpr uint32_t kNonSyncFlags = 0x01010000;

uint32_t FlagsOf(const Sample& sample) {
  return sample.key ? kSyncFlags : kNonSyncFlags;
}

template <typename Column>
std::optional<uint32_t> CommonValue(std::span<const Sample> samples,
                                    Column column) {
  if (samples.empty()) return std::nullopt;
  const uint32_t first = std::invoke(column, samples.front());
  const bool same = std::ranges::all_of(samples, [&](const Sample& sample) {
    return std::invoke(column, sample) == first;
  });
  return same ? std::optional(first) : std::nullopt;
}

void FindFlagDefaults(std::span<const Sample> samples,
                      SampleDefaults& defaults) {
  defaults.flags = CommonValue(samples, FlagsOf);
  if (defaults.flags || samples.empty()) return;
  defaults.flags = CommonValue(samples.subspan(1), FlagsOf);
  if (defaults.flags) defaults.first_flags = FlagsOf(samples.front());
}

}  // namespace

SampleDefaults FindDefaults(const Fragment& fragment) {
  SampleDefaults defaults;
  defaults.duration = CommonValue(fragment.samples, &Sample::duration);
  defaults.size = CommonValue(fragment.samples, &Sample::size);
  defaults.composition_offsets = std::ranges::any_of(
      fragment.samples,
      [](const Sample& sample) { return sample.composition_offset != 0; });
  FindFlagDefaults(fragment.samples, defaults);
  return defaults;
}

void WriteTrackFragmentHeader(ByteWriter& out, uint32_t track_id,
                              const SampleDefaults& defaults) {
  constexpr uint32_t kDefaultBaseIsMoof = 0x020000;
  uint32_t flags = kDefaultBaseIsMoof;
  if (defaults.duration) flags |= 0x08;
  if (defaults.size) flags |= 0x10;
  if (defaults.flags) flags |= 0x20;
  Box tfhd(out, "tfhd", 0, flags);
  out.U32(track_id);
  if (defaults.duration) out.U32(*defaults.duration);
  if (defaults.size) out.U32(*defaults.size);
  if (defaults.flags) out.U32(*defaults.flags);
}

size_t WriteTrackRun(ByteWriter& out, const Fragment& fragment,
                     const SampleDefaults& defaults) {
  uint32_t flags = 0x01;  // data_offset is present
  if (defaults.first_flags) flags |= 0x04;
  if (!defaults.duration) flags |= 0x100;
  if (!defaults.size) flags |= 0x200;
  if (!defaults.flags) flags |= 0x400;
  if (defaults.composition_offsets) flags |= 0x800;
  Box trun(out, "trun", 1, flags);
  out.U32(static_cast<uint32_t>(fragment.samples.size()));
  const size_t data_offset = out.size();
  out.U32(0);
  if (defaults.first_flags) out.U32(*defaults.first_flags);
  for (const Sample& sample : fragment.samples) {
    if (!defaults.duration) out.U32(sample.duration);
    if (!defaults.size) out.U32(sample.size);
    if (!defaults.flags) out.U32(FlagsOf(sample));
    if (defaults.composition_offsets) {
      out.U32(static_cast<uint32_t>(sample.composition_offset));
    }
  }
  return data_offset;
}

}  // namespace usher::mp4
