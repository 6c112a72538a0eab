// Cuts one track into fragments at planned boundaries, as packets stream by.
//
// Holds at most one open segment, and the one before it while pictures may
// still come that are presented in front of the key picture between them.
// Times are FragmentTimer's business.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "packager/fragment/cut_plan.h"
#include "packager/fragment/fragment.h"
#include "packager/fragment/fragment_timer.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class TrackCutter {
 public:
  // A group of pictures of this size is damage, or a film without key frames.
  static constexpr size_t kMaxFragmentSize = size_t{512} << 20;

  // `shift` is added to every packet's time (packager/track/timeline.h).
  TrackCutter(const Track& track, TrackCuts cuts, int64_t shift);

  // The fragment the packet completes, if any. Fails (BadInput) where times
  // go backwards, or the track has nothing for a whole segment.
  Result<std::optional<Fragment>> Add(const Packet& packet);
  // Memory for a fragment to come: pages that were touched already.
  bool wants_memory() const { return spare_.capacity() == 0; }
  void Reuse(Bytes memory) { spare_ = std::move(memory); }
  // What is left at the end, one a call; nothing when that was all.
  Result<std::optional<Fragment>> Finish();

 private:
  // The packets of one fragment to be.
  struct Group {
    std::vector<TimedSample> samples;
    Bytes data;
    bool independent = true;
  };

  int64_t NextBoundary() const { return cuts_.Boundary(opened_ - 1); }
  bool BeginsSegment(const Packet& packet, int64_t time) const;
  Status CheckFits(const Packet& packet, int64_t time) const;
  // The fragment that `packet` completes, before it is taken.
  Result<std::optional<Fragment>> CloseFor(const Packet& packet, int64_t time);
  Result<Fragment> Close(Group group, int64_t next_time);

  FragmentTimer timer_;
  TrackKind kind_;
  TrackCuts cuts_;
  int64_t shift_;
  uint64_t opened_ = 1;   // number of the open segment
  uint64_t number_ = 1;   // of the fragment to be closed next
  int64_t last_end_ = 0;  // of the fragment before
  Group open_;
  std::optional<Group> waiting_;  // complete, but where it ends is not known
  Bytes spare_;
};

}  // namespace usher
