// Segment times as manifests tell them: in microseconds.
#pragma once

#include <chrono>
#include <optional>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Both ends of the segment are rounded, not its length, so the durations of
// successive segments add up to the rounded span of all: no drift.
std::chrono::microseconds DurationOf(const SegmentRecord& segment,
                                     uint32_t timescale);

// From the presentation's start to `at`, a time on the tracks' own time line.
std::chrono::microseconds TimeOf(const Presentation& presentation,
                                 const MediaTime& at);

// When the segment begins by the clock on the wall, where that is known.
std::optional<std::chrono::sys_time<std::chrono::milliseconds>> DateOf(
    const Presentation& presentation, const TrackRecord& record,
    const SegmentRecord& segment);

// Of any segment of any track; zero where there is none.
std::chrono::microseconds LongestSegment(const Presentation& presentation);

// From the presentation's start to the first segment that is listed.
std::chrono::microseconds StartOf(const Presentation& presentation);

// Of all playlists, seconds: the same in each (rfc8216bis 6.2.4).
uint64_t TargetDurationOf(const Presentation& presentation);

// From the presentation's start to the end of the track that ends last.
std::chrono::microseconds PresentationDuration(
    const Presentation& presentation);

}  // namespace usher::manifest
