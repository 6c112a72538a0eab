// WebVTT in ISO BMFF (ISO/IEC 14496-30 7): samples of vttc and vtte boxes.
//
// Cues that overlap make a new sample wherever one begins or ends; a cue that
// is cut so names itself by one source id in all its parts. Where nothing is
// said a sample of vtte fills the gap, so the track has no hole.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/byte_writer.h"
#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/text/cue.h"
#include "packager/text/text_cutter.h"

namespace usher::mp4 {

// Sample entry 'wvtt' with its configuration, a WebVTT header.
void WriteWvttEntry(ByteWriter& out, ByteView header);

// The segment of `interval`, whose times are moved by `offset` onto the media's
// timeline. `cues` are those of the interval. Fails (BadInput, without a place)
// where overlapping cues would take more than 4 MiB.
Result<Fragment> MakeWvttFragment(const text::Interval& interval,
                                  std::span<const text::Cue* const> cues,
                                  int64_t offset);

}  // namespace usher::mp4
