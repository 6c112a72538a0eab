// Cuts one track into fragments at planned boundaries, as packets stream by.
//
// Holds at most one open segment, and the one before it while pictures may
// still come that are presented in front of the key picture between them. The
// i-th sample decoded takes the time and duration of the i-th picture shown,
// less a constant delay (Track), so that durations are true display durations
// and segments follow each other without a gap in either clock.
// docs/architecture.md, "Timeline".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/fragment/cut_plan.h"
#include "packager/fragment/fragment.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class TrackCutter {
 public:
  // `shift` is added to every packet's time (packager/track/timeline.h).
  TrackCutter(const Track& track, TrackCuts cuts, int64_t shift);

  // The fragment the packet completes, if any. Fails (BadInput) where times
  // go backwards, or the track has nothing for a whole segment.
  Result<std::optional<Fragment>> Add(const Packet& packet);
  // What is left at the end, one a call; nothing when that was all.
  Result<std::optional<Fragment>> Finish();

 private:
  struct Pending {
    int64_t time = 0;
    int64_t duration = 0;
    uint32_t size = 0;
    bool key = false;
  };

  // The packets of one fragment to be.
  struct Group {
    std::vector<Pending> samples;
    Bytes data;
    bool independent = true;
  };

  int64_t NextBoundary() const;
  bool BeginsSegment(const Packet& packet, int64_t time) const;
  Status CheckFits(const Packet& packet, int64_t time) const;
  // The fragment that `packet` completes, before it is taken.
  Result<std::optional<Fragment>> CloseFor(const Packet& packet, int64_t time);
  Result<Fragment> Close(Group group, int64_t next_time);
  void SqueezePreroll(std::vector<Pending>& samples) const;
  int64_t EndOfLast() const;
  std::unexpected<Error> Refuse(int64_t time, std::string what,
                                std::string mend) const;

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  std::string name_;
  TrackKind kind_;
  uint32_t timescale_;
  int64_t decode_delay_;
  int64_t presentation_start_;
  int64_t default_duration_;
  TrackCuts cuts_;
  int64_t shift_;
  uint64_t opened_ = 1;   // number of the open segment
  uint64_t number_ = 1;   // of the fragment to be closed next
  int64_t last_end_ = 0;  // of the fragment before
  Group open_;
  std::optional<Group> waiting_;  // complete, but where it ends is not known
};

}  // namespace usher
