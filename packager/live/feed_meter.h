// What an operator wants to know of a feed: pictures a second, and how far
// sound and pictures are apart as they come. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "packager/track/track.h"

namespace usher::live {

class FeedMeter {
 public:
  // A packet that came, by its presentation time in seconds.
  void Note(TrackKind kind, double time);
  // Pictures a second since it was last asked; 0 where there were none.
  double TakeFrameRate();
  // How far sound has come ahead of pictures, seconds. Nothing where one of
  // them is missing.
  std::optional<double> Skew() const;

 private:
  uint64_t pictures_ = 0;
  bool counted_ = false;        // once at least
  std::optional<double> from_;  // when they were last counted
  std::optional<double> last_picture_;
  std::optional<double> last_sound_;
};

}  // namespace usher::live
