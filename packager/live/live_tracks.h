// The tracks of a live event, and which of a feed's they are: those of the
// first feed, in its order, for the whole event.
//
// A lane is a track of the feed at hand that the event has. Tracks keep their
// time scale and name whatever a later feed brings.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "packager/input/live_feed.h"
#include "packager/track/media_time.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher::live {

class LiveTracks {
 public:
  // Finds the event's tracks in the feed: the n-th of a kind is the n-th. Of
  // the first feed all usable ones become the event's. Fails (BadInput) where
  // it has none.
  Status Match(const LiveFeed& feed);
  // Of an event that goes on: feeds are matched with these.
  void Restore(std::vector<Track> tracks) { tracks_ = std::move(tracks); }
  // Names the event's tracks; once.
  void Name();

  std::vector<Track>& all() { return tracks_; }
  const std::vector<Track>& all() const { return tracks_; }
  // Indices of the feed's tracks.
  const std::vector<size_t>& lanes() const { return lanes_; }
  size_t EventTrack(size_t lane) const { return event_tracks_[lane]; }
  bool HasLane(size_t event_track) const;
  std::optional<size_t> LaneOf(size_t feed_track) const;

  // A lane's track as the feed configures it, in the event's terms.
  std::vector<Track> Configured(const LiveFeed& feed) const;
  // Keeps a configuration for as long as the object lives.
  const Track& Keep(const Track& configured);
  // A time of the feed's.
  MediaTime At(size_t lane, int64_t time) const {
    return {time, feed_timescales_[lane]};
  }
  void ToEventTimescale(size_t lane, Packet& packet) const;
  // Where the event starts on its tracks' time line, seconds.
  double OffsetSeconds() const;

 private:
  std::vector<Track> tracks_;
  std::vector<size_t> lanes_;
  std::vector<size_t> event_tracks_;       // by lane
  std::vector<uint32_t> feed_timescales_;  // by lane
  std::deque<Track> kept_;
};

}  // namespace usher::live
