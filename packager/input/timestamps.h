// From a container's timestamps to a track's timeline.
//
// MP4 and MOV keep exact times: taken over as they are. Everything else is
// rounded to some tick (Matroska and FLV: a millisecond) and is put back onto
// the grid it came from: frames of a constant rate, or counted audio samples.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/error.h"
#include "packager/input/av_handles.h"

namespace usher {

// The presentation time of `packet` in ticks of `timescale`. Fails (BadInput)
// where the packet has none, or an impossible one.
Result<int64_t> PresentationTime(const AVPacket& packet, AVRational time_base,
                                 uint32_t timescale);

// Snaps times to a constant frame rate, as far as the container's rounding
// explains the difference; others stay as they are.
class FrameGrid {
 public:
  // No grid where the rate is unknown (num 0).
  FrameGrid(AVRational frame_rate, uint32_t timescale, AVRational time_base);
  int64_t Snap(int64_t time);
  // The next frame begins a grid of its own.
  void Restart() { base_.reset(); }

 private:
  AVRational frame_rate_;
  uint32_t timescale_;
  int64_t tolerance_;
  std::optional<int64_t> base_;
};

// Counts samples, so that rounded times neither jitter nor drift. Follows the
// container again where the two are more than half a frame apart.
class SampleCounter {
 public:
  // `time` in samples, of a frame of `size`. Nothing where the frame overlaps
  // what came before.
  std::optional<int64_t> Next(int64_t time, int64_t size);

 private:
  std::optional<int64_t> expected_;
};

// The nearest of the usual rates (n or n*1000/1001) where `rate` is within
// rounding of it; else `rate` reduced. {0, 1} where unknown.
AVRational ExactFrameRate(AVRational rate);

}  // namespace usher
