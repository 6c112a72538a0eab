// The segment of one track that is being filled: its samples, until they leave
// as one fragment or, with low latency, as parts.
//
// A part is as many samples as fit into the part target; it leaves with the
// sample that begins where it ends. Pictures come in decode order, so a part
// waits for those that may still be shown in it. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "packager/fragment/fragment.h"
#include "packager/fragment/fragment_timer.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class OpenSegment {
 public:
  // What leaves. Times are the track's.
  struct Piece {
    Fragment fragment;
    int64_t begin = 0;
    int64_t end = 0;
  };

  explicit OpenSegment(const Track& track);
  // From here on there are parts, none longer than so many ticks.
  void SetPartTarget(int64_t part_target) { part_target_ = part_target; }

  // The next segment. All of the last one has left.
  void Begin(uint64_t number, int64_t begin);
  // Nothing came so far.
  bool empty() const { return !any_; }
  uint64_t number() const { return number_; }
  int64_t segment_begin() const { return segment_begin_; }
  // Of what has not left.
  int64_t begin() const { return begin_; }

  // False where the packet is shown before what has left already.
  bool Append(const Packet& packet, int64_t time);
  // The parts that are full.
  std::vector<Piece> TakeFull();
  // All that came as one part, which ends at `end`; nothing where there is
  // none.
  std::vector<Piece> EndPart(int64_t end);
  // All that is left; its last piece ends the segment at `end`, or a part
  // target behind the last sample. Nothing where the segment is empty.
  std::vector<Piece> Close(int64_t end);
  bool too_big() const { return data_.size() > kMaxBytes; }
  // Where the last sample ends, as far as it tells; there are some.
  int64_t EndOf() const { return timer_.EndOf(samples_); }
  // Samples whose times made no sense.
  uint64_t left_out() const { return left_out_; }

 private:
  static constexpr size_t kMaxBytes = size_t{256} << 20;

  size_t Full(int64_t limit);
  void Take(size_t count, int64_t end, std::vector<Piece>& pieces);

  FragmentTimer timer_;
  int64_t frame_;  // the length of a sample; 0: unknown
  int64_t part_target_ = 0;
  uint64_t number_ = 0;
  int64_t segment_begin_ = 0;
  int64_t begin_ = 0;
  bool any_ = false;

  std::vector<TimedSample> samples_;  // in decode order
  std::vector<int64_t> shown_;        // rising: when pictures are shown
  Bytes data_;
  size_t reorder_;  // so many samples may still be shown before one that came
  uint32_t part_ = 0;
  uint64_t first_sample_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace usher
