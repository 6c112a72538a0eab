#include "packager/fragment/track_cutter.h"

#include <algorithm>
#include <utility>

#include "packager/track/media_time.h"

namespace usher {
namespace {

// A group of pictures of this size is damage, or a film without key frames.
constexpr size_t kMaxFragmentSize = size_t{512} << 20;

constexpr char kRemux[] = "re-mux it: ffmpeg -i IN -c copy OUT.mp4";

int64_t FrameDuration(const Track& track) {
  if (track.frame_rate_num == 0) return 1;
  return static_cast<int64_t>(track.timescale) * track.frame_rate_den /
         track.frame_rate_num;
}

}  // namespace

TrackCutter::TrackCutter(const Track& track, TrackCuts cuts, int64_t shift)
    : name_(track.name),
      kind_(track.kind),
      timescale_(track.timescale),
      decode_delay_(track.decode_delay),
      presentation_start_(static_cast<int64_t>(track.presentation_time_offset)),
      default_duration_(std::max<int64_t>(1, FrameDuration(track))),
      cuts_(std::move(cuts)),
      shift_(shift) {}

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
    const int64_t end =
        std::ranges::min(open_.samples, {}, &Pending::time).time;
    closed = close(*std::exchange(waiting_, std::nullopt), end);
  }
  if (closed && BeginsSegment(packet, time)) {
    ++opened_;
    Group ended = std::exchange(open_, {});
    // Segments are about as large as the one before; the rest is for what the
    // segmenter puts in front.
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
      return Refuse(time, "has no sound for a whole segment up to",
                    "fill the gap with silence: ffmpeg -i IN -c:v copy -c:a "
                    "aac -af aresample=async=1 OUT.mp4");
    }
    if (!open_.samples.empty() && time <= open_.samples.back().time) {
      return Refuse(time, "goes back in time at", kRemux);
    }
  }
  if (open_.data.size() + packet.data.size() > kMaxFragmentSize) {
    return Refuse(time, "has no key frame for half a gigabyte before",
                  "encode it with a key frame every two seconds: ffmpeg -i IN "
                  "-c:v libx264 -force_key_frames \"expr:gte(t,n_forced*2)\" "
                  "-c:a copy OUT.mp4");
  }
  return {};
}

Result<std::optional<Fragment>> TrackCutter::Finish() {
  if (kind_ == TrackKind::kVideo && opened_ <= cuts_.at.size()) {
    return Failed(
        name_,
        "has no key frame any more where it was to be cut, at " +
            FormatSeconds({NextBoundary() - presentation_start_, timescale_}),
        "do not change the film while it is packaged");
  }
  if (open_.samples.empty()) return std::nullopt;
  auto closed =
      waiting_ ? Close(*std::exchange(waiting_, std::nullopt),
                       std::ranges::min(open_.samples, {}, &Pending::time).time)
               : Close(std::exchange(open_, {}), EndOfLast());
  if (!closed) return std::unexpected(closed.error());
  return *std::move(closed);
}

int64_t TrackCutter::NextBoundary() const {
  const size_t next = opened_ - 1;
  if (next < cuts_.at.size()) return cuts_.at[next];
  if (cuts_.tail_step == 0) return kNever;
  return cuts_.tail +
         static_cast<int64_t>(next - cuts_.at.size()) * cuts_.tail_step;
}

bool TrackCutter::BeginsSegment(const Packet& packet, int64_t time) const {
  if (open_.samples.empty()) return false;
  return kind_ == TrackKind::kVideo ? packet.key && time == NextBoundary()
                                    : time >= NextBoundary();
}

Result<Fragment> TrackCutter::Close(Group group, int64_t next_time) {
  std::vector<Pending>& samples = group.samples;
  if (number_ == 1 && kind_ == TrackKind::kVideo) SqueezePreroll(samples);
  std::vector<int64_t> shown;
  shown.reserve(samples.size() + 1);
  for (const Pending& sample : samples) shown.push_back(sample.time);
  std::ranges::sort(shown);
  if (shown.front() < std::max(last_end_, decode_delay_) ||
      shown.back() >= next_time) {
    return Refuse(next_time, "has times that go back around", kRemux);
  }
  shown.push_back(next_time);

  Fragment fragment;
  fragment.number = number_++;
  fragment.decode_time = static_cast<uint64_t>(shown.front() - decode_delay_);
  fragment.independent = group.independent;
  fragment.samples.reserve(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const int64_t duration = shown[i + 1] - shown[i];
    const int64_t offset = samples[i].time - shown[i] + decode_delay_;
    if (!std::in_range<uint32_t>(duration) || !std::in_range<int32_t>(offset)) {
      return Refuse(samples[i].time, "has an impossible time at", kRemux);
    }
    fragment.samples.push_back({samples[i].size,
                                static_cast<uint32_t>(duration),
                                static_cast<int32_t>(offset), samples[i].key});
  }
  fragment.data = std::move(group.data);
  last_end_ = next_time;
  return fragment;
}

// Pictures in front of an edit's start have to be decoded and must not be
// seen. Without an edit list in the output, one tick each hides them.
void TrackCutter::SqueezePreroll(std::vector<Pending>& samples) const {
  std::vector<int64_t> hidden;
  for (const Pending& sample : samples) {
    if (sample.time < presentation_start_) hidden.push_back(sample.time);
  }
  std::ranges::sort(hidden);
  for (Pending& sample : samples) {
    if (sample.time >= presentation_start_) continue;
    const auto at_or_after =
        hidden.end() - std::ranges::lower_bound(hidden, sample.time);
    sample.time = presentation_start_ - at_or_after;
  }
}

// The last sample's end: there is no next one to tell its duration.
int64_t TrackCutter::EndOfLast() const {
  const Pending& last =
      *std::ranges::max_element(open_.samples, {}, &Pending::time);
  if (last.duration > 0) return last.time + last.duration;
  int64_t before = last.time - default_duration_;
  for (const Pending& sample : open_.samples) {
    if (sample.time < last.time) before = std::max(before, sample.time);
  }
  return last.time + (last.time - before);
}

std::unexpected<Error> TrackCutter::Refuse(int64_t time, std::string what,
                                           std::string mend) const {
  const MediaTime presented{time - presentation_start_, timescale_};
  return BadInput(name_, std::move(what) + " " + FormatSeconds(presented),
                  std::move(mend));
}

}  // namespace usher
