// One track's segment as MPEG-TS: PAT, PMT, then the samples as PES packets
// (ISO/IEC 13818-1; rfc8216bis 3.1.1). Sound has renditions of its own, as
// under CMAF, so there is one elementary stream to a segment.
//
// Times are the presentation's at 90 kHz, 33 bits of them, and the clock
// reference is the decode time. The bytes depend on nothing but the fragment.
// Immutable and thread-safe.
#pragma once

#include <memory>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/track/track.h"
#include "packager/ts/access_unit.h"

namespace usher::ts {

struct Segment {
  Bytes bytes;
  // Where the packets of the first sample end: with the tables in front, those
  // decode alone.
  uint64_t first_sample_end = 0;
};

class SegmentWriter {
 public:
  // Fails (BadInput) where MPEG-TS cannot have the track.
  static Result<SegmentWriter> Make(const Track& track);

  Result<Segment> Write(const Fragment& fragment) const;

 private:
  SegmentWriter(const Track& track, std::unique_ptr<AccessUnitWriter> units);

  bool video_;
  uint32_t timescale_;
  std::unique_ptr<AccessUnitWriter> units_;
};

}  // namespace usher::ts
