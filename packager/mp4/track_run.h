// tfhd and trun: the fragment's sample table, with only those columns that
// differ from sample to sample (ISO/IEC 14496-12 8.8.7 and 8.8.8).
#pragma once

#include <optional>

#include "core/base/byte_writer.h"
#include "packager/fragment/fragment.h"

namespace usher::mp4 {

// What all samples have in common; nothing where they differ.
struct SampleDefaults {
  std::optional<uint32_t> duration;
  std::optional<uint32_t> size;
  std::optional<uint32_t> flags;
  // All but the first sample agree in their flags (`flags` is theirs): the
  // usual segment, one key frame in front.
  std::optional<uint32_t> first_flags;
  bool composition_offsets = false;  // at least one is not 0
};

SampleDefaults FindDefaults(const Fragment& fragment);

void WriteTrackFragmentHeader(ByteWriter& out, uint32_t track_id,
                              const SampleDefaults& defaults);

// Returns where in `out` data_offset lies, for the caller to patch.
size_t WriteTrackRun(ByteWriter& out, const Fragment& fragment,
                     const SampleDefaults& defaults);

}  // namespace usher::mp4
