// The first packets of a feed, held back until every track has shown itself:
// where the tracks begin decides where the feed is placed in the event.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "packager/input/live_feed.h"
#include "packager/track/packet.h"

namespace usher::live {

struct OwnedPacket {
  explicit OwnedPacket(const Packet& from)
      : packet(from), data(from.data.begin(), from.data.end()) {
    packet.data = data;
  }
  OwnedPacket(OwnedPacket&&) noexcept = default;
  OwnedPacket& operator=(OwnedPacket&&) noexcept = default;

  Packet packet;
  Bytes data;  // what packet.data views; its heap stays where it is when moved
};

class FeedHead {
 public:
  // Reads until each of `wanted` (indices of the feed's tracks) has a packet,
  // or for some seconds of media. `carried` comes first.
  void Read(LiveFeed& feed, const std::vector<size_t>& wanted,
            std::deque<OwnedPacket> carried);

  // Those of `wanted` that have packets.
  std::vector<size_t> Present(const std::vector<size_t>& wanted) const;
  // The earliest presentation time of a track that has packets; of pictures,
  // from the first key frame on.
  int64_t FirstTime(size_t track) const;
  std::deque<OwnedPacket>& packets() { return packets_; }

 private:
  std::deque<OwnedPacket> packets_;
};

}  // namespace usher::live
