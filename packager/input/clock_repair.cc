#include "packager/input/clock_repair.h"

#include <algorithm>

namespace usher {
namespace {

constexpr AVRational kMicrosecond = {1, 1'000'000};
constexpr int64_t kBackward = 500'000;
constexpr int64_t kForward = 10'000'000;
// 30 years: beyond lies damage, which PresentationTime refuses.
constexpr int64_t kMaxTime = int64_t{1'000'000'000} * 1'000'000;

int64_t Microseconds(int64_t ticks, const AVStream& stream) {
  return av_rescale_q(ticks, stream.time_base, kMicrosecond);
}

int64_t Ticks(int64_t microseconds, const AVStream& stream) {
  return av_rescale_q(microseconds, kMicrosecond, stream.time_base);
}

bool IsPossible(int64_t time) { return time > -kMaxTime && time < kMaxTime; }

// Transport streams and FLV, whose clocks are those of encoders.
bool IsForStreaming(const AVStream& stream) {
  constexpr int kNeverWraps = 63;
  return stream.pts_wrap_bits > 0 && stream.pts_wrap_bits < kNeverWraps;
}

// `time` give or take whole turns of a clock of `bits`, nearest to `near`.
int64_t Nearest(int64_t time, int64_t near, int bits) {
  const __int128 turn = __int128{1} << bits;
  __int128 nearest = time;
  while (nearest - near > turn / 2) nearest -= turn;
  while (near - nearest > turn / 2) nearest += turn;
  return static_cast<int64_t>(nearest);
}

}  // namespace

bool ClockRepair::Repair(size_t index, const AVStream& stream,
                         AVPacket& packet) {
  Unwrap(stream, packet);
  const bool has_shown = packet.pts != AV_NOPTS_VALUE;
  const bool has_decoded = packet.dts != AV_NOPTS_VALUE;
  if (!has_shown && !has_decoded) return false;
  const int64_t shown =
      Microseconds(has_shown ? packet.pts : packet.dts, stream);
  const int64_t decoded =
      Microseconds(has_decoded ? packet.dts : packet.pts, stream);
  if (!IsPossible(shown) || !IsPossible(decoded)) return false;

  State& state = streams_[index];
  const bool jumps = Jumps(stream, state, decoded, shown);
  state.last = decoded;
  last_ = decoded;
  const int64_t shift = shifts_[state.clock];
  if (has_shown) packet.pts += Ticks(shift, stream);
  if (has_decoded) packet.dts += Ticks(shift, stream);
  const int64_t duration =
      std::clamp<int64_t>(Microseconds(packet.duration, stream), 0, kForward);
  state.end = std::max(state.end, shown + duration + shift);
  return jumps;
}

void ClockRepair::Unwrap(const AVStream& stream, AVPacket& packet) const {
  if (!IsForStreaming(stream) || !last_) return;
  // libavformat may have taken a turn by itself. Anything beyond is no value of
  // such a clock.
  const int64_t limit = int64_t{4} << stream.pts_wrap_bits;
  for (int64_t* time : {&packet.dts, &packet.pts}) {
    if (*time < -limit || *time > limit) continue;
    *time = Nearest(*time, Ticks(*last_, stream), stream.pts_wrap_bits);
  }
}

bool ClockRepair::Jumps(const AVStream& stream, State& state, int64_t decoded,
                        int64_t shown) {
  const size_t newest = shifts_.size() - 1;
  if (!state.last) {
    state.clock = newest;
    return false;
  }
  if (!IsNewClock(stream, state, decoded)) return false;
  // Another stream may have gone ahead to it.
  const int64_t there = decoded + shifts_[newest] - state.end;
  const bool follows =
      state.clock < newest && there > -kForward && there < kForward;
  if (!follows) shifts_.push_back(End() - shown);
  state.clock = shifts_.size() - 1;
  return true;
}

bool ClockRepair::IsNewClock(const AVStream& stream, const State& state,
                             int64_t decoded) const {
  if (decoded < *state.last - kBackward) return true;
  if (!IsForStreaming(stream)) return false;
  return std::ranges::all_of(streams_, [&](const State& other) {
    return !other.last || other.clock != state.clock ||
           decoded > *other.last + kForward;
  });
}

int64_t ClockRepair::End() const {
  return std::ranges::max_element(streams_, {}, &State::end)->end;
}

}  // namespace usher
