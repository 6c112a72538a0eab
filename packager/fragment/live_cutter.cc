#include "packager/fragment/live_cutter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace usher {
namespace {

// Where no key frame comes at all, the target duration is not waited for
// longer.
constexpr double kLongestWait = 20;
constexpr size_t kMaxGroupBytes = size_t{256} << 20;
// What may be ahead of the lead, a track.
constexpr size_t kMaxHeld = 8192;

}  // namespace

LiveCutter::LiveCutter(std::span<const Track> tracks,
                       std::span<const int64_t> shifts, const Options& options)
    : options_(options) {
  for (size_t i = 0; i < tracks.size(); ++i) {
    lanes_.emplace_back(tracks[i], shifts[i], options.first_number);
  }
  const auto pictures =
      std::ranges::find(lanes_, TrackKind::kVideo, &Lane::kind);
  if (pictures != lanes_.end()) {
    lead_ = static_cast<size_t>(pictures - lanes_.begin());
  }
}

int64_t LiveCutter::FrameOf(const Track& track) {
  if (track.frame_rate_num == 0) return track.timescale / 25;
  return int64_t{track.timescale} * track.frame_rate_den / track.frame_rate_num;
}

std::vector<LiveCutter::Cut> LiveCutter::Add(const Packet& packet) {
  std::vector<Cut> cuts;
  if (packet.track == lead_) {
    AddToLead(packet, cuts);
    CatchUp(cuts);
    return cuts;
  }
  Lane& lane = lanes_[packet.track];
  if (lane.held.size() == kMaxHeld) {
    lane.held.pop_front();
    ++left_out_;
  }
  lane.held.push_back({packet, Bytes(packet.data.begin(), packet.data.end())});
  CatchUp(cuts);
  return cuts;
}

void LiveCutter::AddToLead(const Packet& packet, std::vector<Cut>& cuts) {
  Lane& lane = lead();
  const int64_t time = packet.time + lane.shift;
  if (!lane.any) {
    if (lane.kind == TrackKind::kVideo && !packet.key) {
      ++left_out_;
      return;
    }
    lane.begin = time;
  }
  if (packet.key) NoteKeyFrame(time);
  if (EndsLead(packet, time)) {
    const int64_t end = packet.key ? time : lane.highest + lane.frame;
    forced_ += packet.key ? 0 : 1;
    ends_.push_back({end, lane.timescale});
    Close(lead_, end, cuts);
  } else if (lane.any && time < lane.begin) {
    ++left_out_;  // leads a key frame, and refers to what is gone
    return;
  }
  Append(lane, packet, time);
}

// The first interval decides how long segments may be, for the whole event.
void LiveCutter::NoteKeyFrame(int64_t time) {
  const Lane& lane = lead();
  if (last_key_) {
    key_frame_interval_ =
        MediaTime{time - *last_key_, lane.timescale}.Seconds();
  }
  if (lane.kind == TrackKind::kVideo) last_key_ = time;
  if (options_.target_duration != 0) return;
  const bool known = lane.kind == TrackKind::kAudio || key_frame_interval_ > 0;
  if (!known) return;
  options_.target_duration =
      static_cast<uint64_t>(std::ceil(
          std::max(options_.segment_seconds, key_frame_interval_ - 0.001))) +
      1;
}

bool LiveCutter::EndsLead(const Packet& packet, int64_t time) const {
  const Lane& lane = lead();
  if (!lane.any || time <= lane.begin) return false;
  const double length = MediaTime{time - lane.begin, lane.timescale}.Seconds();
  const double frame = MediaTime{lane.frame, lane.timescale}.Seconds();
  const bool is_long = length >= options_.segment_seconds - frame / 2;
  const auto limit = static_cast<double>(
      options_.target_duration != 0 ? options_.target_duration
                                    : static_cast<uint64_t>(kLongestWait));
  if (packet.key) {
    // The next key frame would be too late.
    return is_long || length + key_frame_interval_ > limit;
  }
  // Only in front of a picture that is presented behind all before: those that
  // follow it belong between.
  return time > lane.highest && length + frame > limit;
}

// Followers go on as far as the lead has come: until then nobody knows where
// it will be cut.
void LiveCutter::CatchUp(std::vector<Cut>& cuts) {
  if (!lead().any) return;
  const MediaTime reach{lead().highest, lead().timescale};
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (i == lead_) continue;
    Lane& lane = lanes_[i];
    while (!lane.held.empty()) {
      Held& next = lane.held.front();
      const MediaTime time{next.packet.time + lane.shift, lane.timescale};
      if (time > reach) break;
      next.packet.data = next.data;
      AddToFollower(i, next.packet, cuts);
      lane.held.pop_front();
    }
    // A track that is silent does not hold the others up.
    while (lane.held.empty() && lane.number + 1 < lead().number) {
      Close(i, Rescale(*EndOf(lane.number), lane.timescale), cuts);
    }
  }
}

void LiveCutter::AddToFollower(size_t index, const Packet& packet,
                               std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  const int64_t time = packet.time + lane.shift;
  if (!lane.any && lane.number == options_.first_number) {
    const MediaTime start{lead().begin, lead().timescale};
    const bool early = ends_.empty() && MediaTime{time, lane.timescale} < start;
    if (early || (lane.kind == TrackKind::kVideo && !packet.key)) {
      ++left_out_;
      return;
    }
    lane.begin = time;
  }
  while (const auto end = EndOf(lane.number)) {
    const int64_t boundary = Rescale(*end, lane.timescale, Rounding::kUp);
    if (time < boundary) break;
    const bool pictures = lane.kind == TrackKind::kVideo;
    if (pictures && lane.any && time <= lane.highest) break;
    Close(index, lane.open.samples.empty() ? boundary : time, cuts);
  }
  if (lane.kind == TrackKind::kAudio && lane.any && time <= lane.highest) {
    ++left_out_;
    return;
  }
  Append(lane, packet, time);
}

void LiveCutter::Append(Lane& lane, const Packet& packet, int64_t time) {
  if (lane.open.data.size() > kMaxGroupBytes) {
    ++left_out_;
    return;
  }
  lane.open.samples.push_back({time, packet.duration,
                               static_cast<uint32_t>(packet.data.size()),
                               packet.key});
  lane.open.data.insert(lane.open.data.end(), packet.data.begin(),
                        packet.data.end());
  lane.highest = lane.any ? std::max(lane.highest, time) : time;
  lane.any = true;
}

void LiveCutter::Close(size_t index, int64_t end, std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  Cut cut;
  cut.track = index;
  cut.begin = {lane.begin, lane.timescale};
  cut.end = {end, lane.timescale};
  Group group = std::exchange(lane.open, {});
  cut.fragment.number = lane.number;
  if (!group.samples.empty()) {
    const auto timed = lane.timer.Time({lane.number, lane.begin, end},
                                       group.samples, cut.fragment);
    if (timed) {
      cut.fragment.data = std::move(group.data);
    } else {  // times that make no sense: what they belong to is left out
      left_out_ += group.samples.size();
      cut.fragment.samples.clear();
    }
  }
  lane.begin = end;
  ++lane.number;
  cuts.push_back(std::move(cut));
}

std::optional<MediaTime> LiveCutter::EndOf(uint64_t number) const {
  const uint64_t index = number - options_.first_number;
  if (index >= ends_.size()) return std::nullopt;
  return ends_[index];
}

std::vector<LiveCutter::Cut> LiveCutter::Finish() {
  std::vector<Cut> cuts;
  Lane& first = lead();
  if (!first.any || first.open.samples.empty()) return cuts;
  const int64_t end = first.timer.EndOf(first.open.samples);
  first.highest = std::max(first.highest, end);
  CatchUp(cuts);
  ends_.push_back({end, first.timescale});
  Close(lead_, end, cuts);
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    while (i != lead_ && lane.number < first.number) {
      const int64_t boundary = Rescale(*EndOf(lane.number), lane.timescale);
      const int64_t last = lane.open.samples.empty()
                               ? boundary
                               : lane.timer.EndOf(lane.open.samples);
      Close(i, lane.number + 1 == first.number ? last : boundary, cuts);
    }
  }
  return cuts;
}

double LiveCutter::LeadDelay() const {
  double furthest = 0;
  for (const Lane& lane : lanes_) {
    if (lane.held.empty()) continue;
    const MediaTime time{lane.held.back().packet.time + lane.shift,
                         lane.timescale};
    const MediaTime reach{lead().highest, lead().timescale};
    furthest =
        std::max(furthest, time.Seconds() - (lead().any ? reach.Seconds() : 0));
  }
  return furthest;
}

}  // namespace usher
