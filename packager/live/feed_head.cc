#include "packager/live/feed_head.h"

#include <algorithm>
#include <utility>

namespace usher::live {
namespace {

constexpr double kLongestHead = 3;  // seconds of media
constexpr size_t kMaxPackets = 2000;

}  // namespace

void FeedHead::Read(LiveFeed& feed, const std::vector<size_t>& wanted,
                    std::deque<OwnedPacket> carried) {
  packets_ = std::move(carried);
  const auto span = [&] {
    if (packets_.empty()) return 0.0;
    const Packet& last = packets_.back().packet;
    const auto first = std::ranges::find(
        packets_, last.track,
        [](const OwnedPacket& each) { return each.packet.track; });
    const double ticks = static_cast<double>(last.time - first->packet.time);
    return ticks / feed.tracks()[last.track].track.timescale;
  };
  while (Present(wanted).size() < wanted.size() && span() < kLongestHead &&
         packets_.size() < kMaxPackets) {
    const auto packet = feed.Read();
    if (!packet) return;
    if (std::ranges::find(wanted, packet->track) != wanted.end()) {
      packets_.emplace_back(*packet);
    }
  }
}

std::vector<size_t> FeedHead::Present(const std::vector<size_t>& wanted) const {
  std::vector<size_t> present;
  for (const size_t track : wanted) {
    const bool any = std::ranges::any_of(packets_, [&](const auto& each) {
      return each.packet.track == track && each.packet.key;
    });
    if (any) present.push_back(track);
  }
  return present;
}

int64_t FeedHead::FirstTime(size_t track) const {
  bool begun = false;
  int64_t first = 0;
  for (const OwnedPacket& each : packets_) {
    if (each.packet.track != track || (!begun && !each.packet.key)) continue;
    first = begun ? std::min(first, each.packet.time) : each.packet.time;
    begun = true;
  }
  return first;
}

}  // namespace usher::live
