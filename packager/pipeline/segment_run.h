// The fast path's plan: which samples of an indexed track each segment holds.
// The same segments that TrackCutter makes of packets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "packager/fragment/fragment_timer.h"
#include "packager/pipeline/indexed_file.h"
#include "packager/pipeline/package_plan.h"

namespace usher {

// One segment of one track.
struct SegmentRun {
  size_t track = 0;  // index into the plan's
  FragmentTimer::Place place{};
  bool last = false;  // of its track: its end is not known beforehand
  mp4::SampleTable::Cursor first;
  uint32_t count = 0;
  uint64_t bytes = 0;
};

// The runs of all tracks, by the time they begin at. Nothing where the plan
// must be read packet by packet: a track has no index, or there is a fault in
// its times that TrackCutter words best. The plan outlives the runs.
std::optional<std::vector<SegmentRun>> PlanRuns(const PackagePlan& plan);

}  // namespace usher
