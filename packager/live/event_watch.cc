#include "packager/live/event_watch.h"

#include <cmath>
#include <string>
#include <utility>

#include "packager/track/media_time.h"

namespace usher::live {
namespace {

using std::chrono::steady_clock;

// Pictures that lag behind sound by so much stand still, seconds.
constexpr double kStandstill = 2;

}  // namespace

void EventWatch::BeginStretch() {
  meter_ = {};
  began_ = steady_clock::now();
}

LiveStatus EventWatch::StatusOf(const LiveFeed& feed,
                                const LiveCutter& cutter) {
  const double seconds =
      std::chrono::duration<double>(steady_clock::now() - began_).count();
  LiveStatus status;
  status.bitrate =
      seconds > 0 ? 8.0 * static_cast<double>(feed.bytes()) / seconds : 0;
  status.frame_rate = meter_.TakeFrameRate();
  status.key_frame_interval = cutter.key_frame_interval();
  status.skew = meter_.Skew();
  status.damaged = feed.damage().packets;
  status.left_out = cutter.left_out();
  status.forced = cutter.forced();
  return status;
}

void EventWatch::WarnOfKeyFrames(const LiveStatus& status) {
  if (status.forced > 0 && !std::exchange(told_forced_, true)) {
    log_("no key frame came in time: segment " +
         std::to_string(status.segment) +
         " begins with another picture, or the next one does; set the "
         "encoder's key frame interval to 1 or 2 s");
  }
  const double interval = status.key_frame_interval;
  if (told_interval_ || interval <= 0) return;
  const double rest =
      std::remainder(options_.package.segment_duration, interval);
  if (options_.epoch && std::abs(rest) > 0.0005) {
    told_interval_ = true;
    log_("the encoder's key frames are " +
         FormatSeconds({std::llround(interval * 1000), 1000}) +
         " apart: with --epoch --segment-duration must be a multiple of that, "
         "to the millisecond, or now and then one has no key frame");
    return;
  }
  if (std::abs(rest) < 0.05) return;
  told_interval_ = true;
  log_("the encoder's key frames are " +
       FormatSeconds({std::llround(interval * 1000), 1000}) +
       " apart, which does not divide --segment-duration: segments are "
       "uneven; set its key frame interval to 1 or 2 s");
}

void EventWatch::WarnOfStandstill(const LiveCutter& cutter) {
  const double lag = cutter.LeadDelay();
  if (lag > kStandstill && !std::exchange(told_standstill_, true)) {
    log_(
        "pictures stand still while sound goes on: nothing is published "
        "until they move; look at the encoder's picture source");
  } else if (lag < kStandstill / 2 && std::exchange(told_standstill_, false)) {
    log_("pictures move again");
  }
}

// At the first of it the operator can still do something.
void EventWatch::TellOfDamage(const LiveFeed& feed) {
  const auto& kinds = feed.damage().kinds;
  for (; told_damage_ < kinds.size(); ++told_damage_) {
    log_(feed.where() + " is damaged: the input " + kinds[told_damage_] +
         "; the event goes on without what cannot be played");
  }
}

}  // namespace usher::live
