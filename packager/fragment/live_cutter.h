// Cuts the tracks of a live feed into segments as their packets come.
//
// One track leads: the first with pictures. It is cut at its first key frame
// near a segment's length; where none comes before the target duration is
// full, at any picture. The others follow at the same times, once the lead has
// come so far. Segment n is the same interval in every track; a track that has
// nothing in one gets a gap. With low latency a segment leaves in parts, as
// soon as each is full. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/fragment/open_segment.h"
#include "packager/track/media_time.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class LiveCutter {
 public:
  // How long parts are at most: those of every track, and those of the lead,
  // which leave room for a frame of sound. Zero: there are no parts.
  struct PartLengths {
    std::chrono::milliseconds target{};
    std::chrono::milliseconds lead{};
  };
  struct Options {
    double segment_seconds = 6;
    // Of all playlists of the event, seconds. 0: chosen by the first group of
    // pictures, before anything is cut.
    uint64_t target_duration = 0;
    uint64_t first_number = 1;
    // How long parts may be; 0: there are none.
    double part_seconds = 0;
    // Of the whole event. Zero: chosen like the target duration.
    PartLengths parts = {};
    // Where the lead is cut depends on its own times alone: number n begins
    // with the first key frame from (n - 1) segments behind time zero on. It
    // begins with the first such segment from `first_number` on of which
    // nothing was missed; numbers in which nothing begins are gaps.
    bool on_grid = false;
  };
  // One track's share of a segment, or one part of that. A gap has no samples.
  struct Cut {
    size_t track = 0;
    Fragment fragment;
    MediaTime begin;  // of a gap
    MediaTime end;
    bool ends_segment = true;
    bool gap() const { return fragment.samples.empty(); }
  };

  // `shifts` are added to the tracks' packets' times.
  LiveCutter(std::span<const Track> tracks, std::span<const int64_t> shifts,
             const Options& options);

  // What the packet completes, segment by segment. A track's packet that goes
  // back in time is left out and counted.
  std::vector<Cut> Add(const Packet& packet);
  // All that is left. On the grid that is nothing: whoever saw more of the
  // segment that is open has another one of the same number.
  std::vector<Cut> Finish();

  // 0 until it is known.
  uint64_t target_duration() const { return options_.target_duration; }
  // Zero until they are known.
  const PartLengths& parts() const { return options_.parts; }
  // The first segment's, and where it begins; once there is one.
  uint64_t first_number() const { return options_.first_number; }
  MediaTime start() const { return lead_start_; }
  // The number of the segment that is open.
  uint64_t number() const { return lead().open.number(); }
  // Of the last group of pictures, seconds; 0 where there was none.
  double key_frame_interval() const { return key_frame_interval_; }
  uint64_t left_out() const;
  // Segments cut at a picture that is no key frame.
  uint64_t forced() const { return forced_; }
  // How far the lead lies behind the track that is furthest ahead, seconds.
  double LeadDelay() const;

 private:
  struct Held {
    Packet packet;  // its data lie in `data`
    Bytes data;
  };
  struct Lane {
    Lane(const Track& track, int64_t moved, const Options& options);
    double FrameSeconds() const;

    OpenSegment open;
    TrackKind kind;
    uint32_t timescale;
    int64_t frame;                // the length of one, as far as it is known
    std::optional<int64_t> last;  // packet of sound
    bool measured = false;        // `frame` is what was seen
    int64_t longest_part = 0;     // 0: no parts
    int64_t shift;
    int64_t highest = 0;    // presentation time so far
    bool any = false;       // whether there were samples
    std::deque<Held> held;  // ahead of the lead
    size_t part_ends = 0;   // of the lead's: so many lie behind

    // A sample that lasts longer than a part may is shown for as long as a part
    // may, and what follows it earlier, until time is caught up with.
    int64_t Placed(int64_t time) const;
  };

  static int64_t FrameOf(const Track& track);
  Lane& lead() { return lanes_[lead_]; }
  const Lane& lead() const { return lanes_[lead_]; }
  void NoteFrame(Lane& lane, int64_t time);
  void AddToLead(const Packet& packet, std::vector<Cut>& cuts);
  void NoteKeyFrame(int64_t time);
  bool IsDecided() const;
  void Decide(double key_frame_interval);
  PartLengths ChooseParts(double key_frame_interval) const;
  void SetParts();
  double LongestFollower() const;
  bool EndsLead(const Packet& packet, int64_t time) const;
  void EndLead(const Packet& packet, int64_t time, std::vector<Cut>& cuts);
  uint64_t OnGrid(int64_t time) const;
  int64_t GridEnd(uint64_t number) const;
  bool BeginsOnGrid(int64_t time);
  bool EndsOnGrid(const Packet& packet, int64_t time) const;
  void Hold(const Packet& packet);
  void CatchUp(std::vector<Cut>& cuts);
  MediaTime Reach() const;
  void AddToFollower(size_t lane, const Packet& packet, std::vector<Cut>& cuts);
  void EndParts(size_t lane, int64_t time, std::vector<Cut>& cuts);
  void Append(size_t lane, const Packet& packet, int64_t time,
              std::vector<Cut>& cuts);
  void Close(size_t lane, int64_t end, std::vector<Cut>& cuts);
  void Leave(size_t lane, std::vector<OpenSegment::Piece> pieces, bool all,
             std::vector<Cut>& cuts);
  std::optional<MediaTime> EndOf(uint64_t number) const;
  void NoteEnd(uint64_t number, MediaTime end);
  void ForgetEnds();

  Options options_;
  std::vector<Lane> lanes_;
  size_t lead_ = 0;
  MediaTime lead_start_;
  std::optional<uint64_t> waited_in_;  // number, on the grid
  // Where segments end, of which some lane has not come so far: ends_[i] is
  // that of ends_from_ + i.
  std::deque<MediaTime> ends_;
  uint64_t ends_from_ = 0;
  // Where parts of the lead's end, but for the last ones of segments. So many
  // in front of them are forgotten.
  struct PartEnd {
    uint64_t number = 0;
    MediaTime at;
  };
  std::deque<PartEnd> part_ends_;
  size_t part_ends_gone_ = 0;
  std::optional<int64_t> last_key_;
  double key_frame_interval_ = 0;
  uint64_t left_out_ = 0;
  uint64_t forced_ = 0;
};

}  // namespace usher
