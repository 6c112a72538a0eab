#include "packager/fragment/track_cutter.h"

#include <algorithm>
#include <utility>

namespace usher {
namespace {

int64_t FirstTime(const std::vector<TimedSample>& samples) {
  return std::ranges::min(samples, {}, &TimedSample::time).time;
}

}  // namespace
TrackCutter::TrackCutter(const Track& track, TrackCuts cuts, int64_t shift)
    : timer_(track), kind_(track.kind), cuts_(std::move(cuts)), shift_(shift) {}

Result<std::optional<Fragment>> TrackCutter::Add(const Packet& packet) {
  const int64_t time = packet.time + shift_;
  auto done = CloseFor(packet, time);
  if (!done) return done;
  if (auto fits = CheckFits(packet, time); !fits) {
    return std::unexpected(fits.error());
  }
  open_.samples.push_back({time, packet.duration,
                           static_cast<uint32_t>(packet.data.size()),
                           packet.key});
  open_.data.insert(open_.data.end(), packet.data.begin(), packet.data.end());
  open_.independent = open_.independent && !packet.refers_back;
  return done;
}

Result<std::optional<Fragment>> TrackCutter::CloseFor(const Packet& packet,
                                                      int64_t time) {
  std::optional<Fragment> done;
  const auto close = [&](Group group, int64_t end) -> Status {
    auto closed = Close(std::move(group), end);
    if (!closed) return std::unexpected(closed.error());
    done = *std::move(closed);
    return {};
  };
  Status closed;
  // All pictures in front of the key picture came before the first behind it.
  if (waiting_ && time > open_.samples.front().time) {
    const int64_t end = FirstTime(open_.samples);
    closed = close(*std::exchange(waiting_, std::nullopt), end);
  }
  if (closed && BeginsSegment(packet, time)) {
    ++opened_;
    Group ended = std::exchange(open_, {});
    open_.data = std::exchange(spare_, {});
    open_.data.clear();
    // Segments are about as large as the one before.
    open_.data.reserve(ended.data.size() + ended.data.size() / 8);
    if (packet.may_lead || done) {
      waiting_ = std::move(ended);
    } else {
      closed = close(std::move(ended), time);
    }
  }
  if (!closed) return std::unexpected(closed.error());
  return done;
}

Status TrackCutter::CheckFits(const Packet& packet, int64_t time) const {
  if (kind_ == TrackKind::kAudio) {
    if (time >= NextBoundary()) {
      return timer_.Refuse(
          time, "has no sound for a whole segment up to",
          "fill the gap with silence: ffmpeg -i IN -c:v copy -c:a "
          "aac -af aresample=async=1 OUT.mp4");
    }
    if (!open_.samples.empty() && time <= open_.samples.back().time) {
      return timer_.Refuse(time, "goes back in time at", FragmentTimer::kRemux);
    }
  }
  if (open_.data.size() + packet.data.size() > kMaxFragmentSize) {
    return timer_.Refuse(
        time, "has no key frame for half a gigabyte before",
        "encode it with a key frame every two seconds: ffmpeg -i IN "
        "-c:v libx264 -force_key_frames \"expr:gte(t,n_forced*2)\" "
        "-c:a copy OUT.mp4");
  }
  return {};
}

Result<std::optional<Fragment>> TrackCutter::Finish() {
  if (kind_ == TrackKind::kVideo && opened_ <= cuts_.at.size()) {
    auto refused = timer_.Refuse(
        NextBoundary(), "has no key frame any more where it was to be cut, at",
        "do not change the film while it is packaged");
    refused.error().kind = ErrorKind::kFailed;
    return refused;
  }
  if (open_.samples.empty()) return std::nullopt;
  const int64_t end =
      waiting_ ? FirstTime(open_.samples) : timer_.EndOf(open_.samples);
  auto closed = Close(waiting_ ? *std::exchange(waiting_, std::nullopt)
                               : std::exchange(open_, {}),
                      end);
  if (!closed) return std::unexpected(closed.error());
  return *std::move(closed);
}

bool TrackCutter::BeginsSegment(const Packet& packet, int64_t time) const {
  if (open_.samples.empty()) return false;
  return kind_ == TrackKind::kVideo ? packet.key && time == NextBoundary()
                                    : time >= NextBoundary();
}

Result<Fragment> TrackCutter::Close(Group group, int64_t next_time) {
  Fragment fragment;
  const auto timed =
      timer_.Time({number_, last_end_, next_time}, group.samples, fragment);
  if (!timed) return std::unexpected(timed.error());
  ++number_;
  fragment.independent = group.independent;
  fragment.data = std::move(group.data);
  last_end_ = next_time;
  return fragment;
}

}  // namespace usher
