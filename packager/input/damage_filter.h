// Keeps from players what they cannot decode, of a track that comes by a way on
// which it may be damaged. For many, Chromium among them, the first picture
// that is damaged, or refers to one that is missing, is the end.
//
// A picture to which nothing refers is left out alone, behind any other all are
// up to the next key picture: meanwhile the last one stands in for some of
// them, so that time goes on. Sound is tried always; pictures, which are dear,
// while `suspicious`. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "packager/input/trial_decoder.h"
#include "packager/track/packet.h"
#include "packager/track/track.h"

namespace usher {

class DamageFilter {
 public:
  // `track` is what the packets that come are configured with.
  explicit DamageFilter(const Track& track);

  // What is to go out, if anything: the packet, or with its time what stands in
  // for it; then refused() is true. Valid until the next call.
  std::optional<Packet> Take(const Packet& packet, bool suspicious);
  bool refused() const { return refused_ > 0; }

 private:
  bool IsTaken(const Packet& packet, bool suspicious);
  bool IsPictureTaken(const Packet& packet, bool suspicious);
  void Remember(const Packet& packet, PacketPtr picture);
  void CatchUp();
  std::optional<Packet> StandIn(const Packet& packet) const;

  TrackKind kind_;
  Codec codec_;
  int64_t longest_still_;
  std::unique_ptr<TrialDecoder> decoder_;
  unsigned refused_ = 0;  // in a row
  bool looking_ = false;
  bool waiting_ = false;         // for a key picture
  PacketPtr key_;                // the last key picture that went out
  int64_t last_time_ = 0;        // of what went out
  std::vector<PacketPtr> sent_;  // pictures, from the last key picture on
  size_t sent_bytes_ = 0;
};

}  // namespace usher
