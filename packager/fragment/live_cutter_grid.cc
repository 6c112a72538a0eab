// Where a live feed is cut whose numbers follow from its times alone.
#include <algorithm>
#include <cmath>
#include <utility>

#include "packager/fragment/live_cutter.h"

namespace usher {
namespace {

// Timestamps are rounded, and none is as precise as that.
constexpr double kGridSlack = 0.01;

}  // namespace

// The number of the segment to which a key frame at that time belongs.
uint64_t LiveCutter::OnGrid(int64_t time) const {
  const double seconds =
      MediaTime{time, lead().timescale}.Seconds() + kGridSlack;
  return 1 + static_cast<uint64_t>(
                 std::max(0.0, std::floor(seconds / options_.segment_seconds)));
}

int64_t LiveCutter::GridEnd(uint64_t number) const {
  return std::llround(static_cast<double>(number) * options_.segment_seconds *
                      lead().timescale);
}

// Nothing of a segment was missed where it begins on the dot, or the key frame
// before belonged to another one.
bool LiveCutter::BeginsOnGrid(int64_t time) {
  const uint64_t number = OnGrid(time);
  const auto before = std::exchange(waited_in_, number);
  const MediaTime late{time - GridEnd(number - 1), lead().timescale};
  const bool whole =
      late.Seconds() < kGridSlack || (before && *before < number);
  if (!whole || number < options_.first_number) return false;
  options_.first_number = number;
  for (Lane& each : lanes_) each.open.Begin(number, 0);
  return true;
}

bool LiveCutter::EndsOnGrid(const Packet& packet, int64_t time) const {
  const Lane& lane = lead();
  const uint64_t number = OnGrid(time);
  if (packet.key) return number > lane.open.number();
  if (time <= lane.highest) return false;
  // There was no key frame for the next one, or it would come too late.
  const MediaTime length{time + lane.frame - lane.open.segment_begin(),
                         lane.timescale};
  return number > lane.open.number() + 1 ||
         length.Seconds() > std::ceil(options_.segment_seconds) + 1;
}

}  // namespace usher
