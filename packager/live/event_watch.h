// What an operator is told of a live event: how its feed is doing, and what to
// mend. Not thread-safe.
#pragma once

#include <chrono>

#include "packager/config/live_settings.h"
#include "packager/fragment/live_cutter.h"
#include "packager/input/live_feed.h"
#include "packager/live/feed_meter.h"
#include "packager/live/live_event.h"
#include "packager/live/live_source.h"

namespace usher::live {

class EventWatch {
 public:
  // `options` outlive the object.
  EventWatch(const config::LiveOptions& options, Log log)
      : options_(options), log_(std::move(log)) {}

  // Another feed: its damage is told anew.
  void BeginFeed() { told_damage_ = 0; }
  // Another stretch: what was measured begins anew.
  void BeginStretch();
  // A packet came, by its presentation time in seconds.
  void Note(TrackKind kind, double time) { meter_.Note(kind, time); }

  // All that the feed and its cutter tell.
  LiveStatus StatusOf(const LiveFeed& feed, const LiveCutter& cutter);
  // Each is told once, until it is over.
  void WarnOfKeyFrames(const LiveStatus& status);
  void WarnOfStandstill(const LiveCutter& cutter);
  // Each kind of it once.
  void TellOfDamage(const LiveFeed& feed);

 private:
  const config::LiveOptions& options_;
  Log log_;
  FeedMeter meter_;
  std::chrono::steady_clock::time_point began_;
  bool told_interval_ = false;
  bool told_forced_ = false;
  bool told_standstill_ = false;
  size_t told_damage_ = 0;  // so many kinds
};

}  // namespace usher::live
