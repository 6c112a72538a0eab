// Cuts the tracks of a live feed into segments as their packets come.
//
// One track leads: the first with pictures. It is cut at its first key frame
// near a segment's length; where none comes before the target duration is
// full, at any picture. The others follow at the same times, once the lead has
// come so far. Segment n is the same interval in every track; a track that has
// nothing in one gets a gap. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/fragment/fragment_timer.h"
#include "packager/track/media_time.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class LiveCutter {
 public:
  struct Options {
    double segment_seconds = 6;
    // Of all playlists of the event, seconds. 0: chosen by the first group of
    // pictures, before anything is cut.
    uint64_t target_duration = 0;
    uint64_t first_number = 1;
  };
  // One track's part of a segment. A gap has no samples.
  struct Cut {
    size_t track = 0;
    Fragment fragment;
    MediaTime begin;  // of a gap
    MediaTime end;
    bool gap() const { return fragment.samples.empty(); }
  };

  // `shifts` are added to the tracks' packets' times.
  LiveCutter(std::span<const Track> tracks, std::span<const int64_t> shifts,
             const Options& options);

  // What the packet completes, segment by segment. A track's packet that goes
  // back in time is left out and counted.
  std::vector<Cut> Add(const Packet& packet);
  // All that is left.
  std::vector<Cut> Finish();

  // 0 until it is known.
  uint64_t target_duration() const { return options_.target_duration; }
  // The number of the segment that is open.
  uint64_t number() const { return lead().number; }
  // Of the last group of pictures, seconds; 0 where there was none.
  double key_frame_interval() const { return key_frame_interval_; }
  uint64_t left_out() const { return left_out_; }
  // Segments cut at a picture that is no key frame.
  uint64_t forced() const { return forced_; }
  // How far the lead lies behind the track that is furthest ahead, seconds.
  double LeadDelay() const;

 private:
  struct Group {
    std::vector<TimedSample> samples;
    Bytes data;
  };
  struct Held {
    Packet packet;  // its data lie in `data`
    Bytes data;
  };
  struct Lane {
    Lane(const Track& track, int64_t moved, uint64_t first)
        : timer(track),
          kind(track.kind),
          timescale(track.timescale),
          frame(FrameOf(track)),
          shift(moved),
          number(first) {}

    FragmentTimer timer;
    TrackKind kind;
    uint32_t timescale;
    int64_t frame;  // the length of one, as far as it is known
    int64_t shift;
    uint64_t number;      // of the open group
    int64_t begin = 0;    // where the open group does
    int64_t highest = 0;  // presentation time so far
    bool any = false;     // whether there were samples
    Group open;
    std::deque<Held> held;  // ahead of the lead
  };

  static int64_t FrameOf(const Track& track);
  Lane& lead() { return lanes_[lead_]; }
  const Lane& lead() const { return lanes_[lead_]; }
  void AddToLead(const Packet& packet, std::vector<Cut>& cuts);
  void NoteKeyFrame(int64_t time);
  bool EndsLead(const Packet& packet, int64_t time) const;
  void CatchUp(std::vector<Cut>& cuts);
  void AddToFollower(size_t lane, const Packet& packet, std::vector<Cut>& cuts);
  void Append(Lane& lane, const Packet& packet, int64_t time);
  void Close(size_t lane, int64_t end, std::vector<Cut>& cuts);
  std::optional<MediaTime> EndOf(uint64_t number) const;

  Options options_;
  std::vector<Lane> lanes_;
  size_t lead_ = 0;
  // ends_[i] is where segment first_number + i ends.
  std::vector<MediaTime> ends_;
  std::optional<int64_t> last_key_;
  double key_frame_interval_ = 0;
  uint64_t left_out_ = 0;
  uint64_t forced_ = 0;
};

}  // namespace usher
