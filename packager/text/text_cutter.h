// Cuts subtitles at the segment boundaries of a presentation.
//
// A cue that reaches over a boundary belongs to both segments, with its true
// times (rfc8216bis 3.1.4). Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "packager/text/cue.h"

namespace usher::text {

// Ticks of 90 kHz from the start of the film: exact for milliseconds, and near
// enough for any picture.
inline constexpr uint32_t kTimescale = 90'000;
int64_t Ticks(Time time);

// One segment's interval, on the film's clock.
struct Interval {
  uint64_t number = 0;
  int64_t start = 0;
  int64_t end = 0;
};

class TextCutter {
 public:
  // `subtitles` outlive the cutter; their cues lie by start.
  explicit TextCutter(const Subtitles& subtitles) : subtitles_(subtitles) {}

  // The cues shown at any time of `interval`, by start. Intervals come in
  // order. Fails (BadInput, without a place) where there is more text in it
  // than any viewer could read: a mebibyte.
  Result<std::vector<const Cue*>> Next(const Interval& interval);

 private:
  const Subtitles& subtitles_;
  size_t next_ = 0;                 // the first cue not looked at yet
  std::vector<const Cue*> active_;  // may reach into the next interval
};

// Takes away cues behind `end`, and what of the last ones lies behind it.
// Returns how many are gone.
size_t EndAt(Time end, Subtitles& subtitles);

}  // namespace usher::text
