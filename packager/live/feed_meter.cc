#include "packager/live/feed_meter.h"

#include <algorithm>
#include <utility>

namespace usher::live {

void FeedMeter::Note(TrackKind kind, double time) {
  if (kind == TrackKind::kAudio) last_sound_ = time;
  if (kind != TrackKind::kVideo) return;
  if (!from_) from_ = time;
  ++pictures_;
  // They come in decode order.
  last_picture_ = std::max(last_picture_.value_or(time), time);
}

double FeedMeter::TakeFrameRate() {
  if (!from_ || *last_picture_ <= *from_) return 0;
  // The first of them was counted, or was the last of those before.
  const auto steps = static_cast<double>(pictures_ - (counted_ ? 0 : 1));
  const double rate = steps / (*last_picture_ - *from_);
  from_ = last_picture_;
  pictures_ = 0;
  counted_ = true;
  return rate;
}

std::optional<double> FeedMeter::Skew() const {
  if (!last_picture_ || !last_sound_) return std::nullopt;
  return *last_sound_ - *last_picture_;
}

}  // namespace usher::live
