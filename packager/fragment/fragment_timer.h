// From presentation times to a fragment's sample table: the one place that
// says when a sample is decoded and how long it lasts, whether the samples came
// as packets or from an index.
//
// The i-th sample decoded takes the time and duration of the i-th picture
// shown, less a constant delay (Track), so that durations are true display
// durations and segments follow each other without a gap in either clock.
// docs/architecture.md, "Timeline". Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/track/track.h"

namespace usher {

// A sample of one segment, in decode order; times are the presentation's.
struct TimedSample {
  int64_t time = 0;
  int64_t duration = 0;  // as the container says it; 0 where unknown
  uint32_t size = 0;
  bool key = false;
};

class FragmentTimer {
 public:
  explicit FragmentTimer(const Track& track);

  // Where a segment lies: behind what came before, and in front of `next`.
  struct Place {
    uint64_t number = 1;
    int64_t begin = 0;  // the end of the segment before; 0 for the first
    int64_t end = 0;
  };

  // Fills in all of `fragment` but its data. `samples` is not empty, and is
  // used up. Fails (BadInput) where times go back around the segment's ends.
  Status Time(const Place& place, std::span<TimedSample> samples,
              Fragment& fragment) const;
  // The same for what is no whole segment: `shown` are the times of the
  // pictures shown in it, rising, as many as there are samples. They need not
  // be the samples' own, for some of those may be shown later.
  Status Time(const Place& place, std::span<const TimedSample> samples,
              std::span<const int64_t> shown, Fragment& fragment) const;
  // The last sample's end, where there is no next one to tell its duration.
  int64_t EndOf(std::span<const TimedSample> samples) const;

  // An error at `time` of the presentation.
  std::unexpected<Error> Refuse(int64_t time, std::string what,
                                std::string mend) const;
  // The remedy where times are broken.
  static constexpr char kRemux[] = "re-mux it: ffmpeg -i IN -c copy OUT.mp4";

 private:
  void SqueezePreroll(std::span<TimedSample> samples) const;

  std::string name_;
  TrackKind kind_;
  uint32_t timescale_;
  int64_t decode_delay_;
  int64_t presentation_start_;
  int64_t default_duration_;
};

}  // namespace usher
