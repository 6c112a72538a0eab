// Puts all tracks onto one timeline that starts so that nothing is negative.
//
// Every track is shifted by the same stretch of real time, chosen as a whole
// number of ticks in each track's timescale, so the shift itself is exact.
// docs/architecture.md, "Timeline".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace usher {

// Where a track begins on its input's own clock, in its timescale.
struct TrackStart {
  uint32_t timescale = 0;
  int64_t first = 0;      // earliest sample, encoder delay included
  int64_t presented = 0;  // earliest one to be presented
};

struct TrackPlacement {
  int64_t shift = 0;  // to be added to every time of the track
  // Where the presentation starts, on the shifted timeline.
  uint64_t presentation_time_offset = 0;
};

// One placement a track, in order. The earliest presented sample of all tracks
// is where the presentation starts.
std::vector<TrackPlacement> PlaceTracks(std::span<const TrackStart> tracks);

}  // namespace usher
