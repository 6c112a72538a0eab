#include "packager/track/timeline.h"

#include <algorithm>
#include <numeric>

#include "packager/track/media_time.h"

namespace usher {
namespace {

// Points in time that are a whole number of ticks in every track's timescale
// lie 1/n seconds apart.
uint32_t CommonGrid(std::span<const TrackStart> tracks) {
  uint32_t grid = tracks.front().timescale;
  for (const TrackStart& track : tracks) {
    grid = std::gcd(grid, track.timescale);
  }
  return grid;
}

// The smallest shift, in grid steps, that leaves no sample negative.
int64_t ShiftInSteps(std::span<const TrackStart> tracks, uint32_t grid) {
  int64_t steps =
      Rescale({-tracks[0].first, tracks[0].timescale}, grid, Rounding::kUp);
  for (const TrackStart& track : tracks) {
    steps = std::max(
        steps, Rescale({-track.first, track.timescale}, grid, Rounding::kUp));
  }
  return steps;
}

MediaTime PresentationStart(std::span<const TrackStart> tracks) {
  MediaTime start{tracks[0].presented, tracks[0].timescale};
  for (const TrackStart& track : tracks) {
    start = std::min(start, MediaTime{track.presented, track.timescale});
  }
  return start;
}

}  // namespace

std::vector<TrackPlacement> PlaceTracks(std::span<const TrackStart> tracks) {
  std::vector<TrackPlacement> placements;
  if (tracks.empty()) return placements;
  const uint32_t grid = CommonGrid(tracks);
  const int64_t steps = ShiftInSteps(tracks, grid);
  const MediaTime start = PresentationStart(tracks);
  for (const TrackStart& track : tracks) {
    const int64_t shift = steps * (track.timescale / grid);
    placements.push_back({shift, static_cast<uint64_t>(
                                     Rescale(start, track.timescale) + shift)});
  }
  return placements;
}

}  // namespace usher
