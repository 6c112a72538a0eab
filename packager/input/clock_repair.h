// Makes one clock of an input's timestamps: transport streams wrap around
// (33 bits, 26.5 hours), and clocks jump where an encoder was restarted or
// recordings were joined.
//
// A jump is a packet that lies more than half a second before the one before it
// in its stream, or, in containers made for streaming, more than ten seconds
// behind all that was read. What follows is moved to where the input's longest
// stream ends, by the same time in every stream: so sound and pictures stay in
// step. Decided packet by packet, so that reading the file again gives the
// same. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "packager/input/av_handles.h"

namespace usher {

class ClockRepair {
 public:
  explicit ClockRepair(size_t streams) : streams_(streams) {}

  // Rewrites the packet's times. True where its stream's clock jumped in front
  // of it. `index` is below the number of streams, `stream` always the same.
  bool Repair(size_t index, const AVStream& stream, AVPacket& packet);
  // Whether any clock did.
  bool jumped() const { return shifts_.size() > 1; }

 private:
  // All times in microseconds.
  struct State {
    std::optional<int64_t> last;  // decoded, as the input has it, unwrapped
    size_t clock = 0;             // index into shifts_
    int64_t end = std::numeric_limits<int64_t>::min();  // of what it showed
  };

  void Unwrap(const AVStream& stream, AVPacket& packet) const;
  // Notes which clock the stream is on from here.
  bool Jumps(const AVStream& stream, State& state, int64_t decoded,
             int64_t shown);
  bool IsNewClock(const AVStream& stream, const State& state,
                  int64_t decoded) const;
  int64_t End() const;

  std::vector<State> streams_;
  // From the input's clocks to the repaired one.
  std::vector<int64_t> shifts_ = {0};
  std::optional<int64_t> last_;  // of any stream
};

}  // namespace usher
