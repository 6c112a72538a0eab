// Which segments an MPD tells of, and when they are.
#pragma once

#include <cstdint>
#include <vector>

#include "core/playlist/mpd_reader.h"

namespace usher::testing {

// One segment of a representation that an MPD tells of.
struct Told {
  uint64_t number;
  double start;  // on the presentation's line, seconds
};

inline std::vector<Told> SegmentsOf(
    const playlist::ReadPeriod& period,
    const playlist::ReadAddressing& addressing) {
  std::vector<Told> all;
  uint64_t number = addressing.start_number;
  uint64_t time = 0;
  for (const playlist::ReadTimelineEntry& entry : addressing.timeline) {
    time = entry.start.value_or(time);
    for (int64_t i = 0; i <= entry.repeat; ++i) {
      const double into =
          (static_cast<double>(time) -
           static_cast<double>(addressing.presentation_time_offset)) /
          static_cast<double>(addressing.timescale);
      all.push_back({number++, period.start.value_or(0) + into});
      time += entry.duration;
    }
  }
  return all;
}

}  // namespace usher::testing
