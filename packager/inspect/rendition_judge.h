// Holds what a rendition's manifest says against what its media are: numbers,
// durations, drift, continuity, key frames.
#pragma once

#include <optional>
#include <vector>

#include "packager/inspect/finding.h"
#include "packager/inspect/media_store.h"
#include "packager/inspect/rendition.h"

namespace usher::inspect {

// One entry a segment of `rendition`; null where it was not read.
struct MeasuredRendition {
  const Rendition* rendition = nullptr;
  std::vector<const MediaHeader*> headers;
  std::vector<const MeasuredSegment*> segments;

  const MediaTrack* FirstTrack(MediaKind kind) const;
  // Of its first segment that has any.
  const MeasuredTrack* FirstMain() const;
  bool Has(MediaKind kind) const;
  // Frames a second over all segments read; 0: no video.
  double FrameRate() const;
  // The most there are at any time: where frames last unevenly, more.
  double PeakFrameRate() const;
};

// Reads each `every`-th segment and the last. `rendition` and `store` outlive
// the result.
MeasuredRendition Measure(const Rendition& rendition, MediaStore& store,
                          unsigned every);

void JudgeRendition(const MeasuredRendition& measured, Findings& findings);

}  // namespace usher::inspect
