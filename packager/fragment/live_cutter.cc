#include "packager/fragment/live_cutter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace usher {
namespace {

// Where no key frame comes at all, the target duration is not waited for
// longer.
constexpr double kLongestWait = 20;
// Encoders' timestamps are rounded, and jitter: so many seconds more make no
// part one picture shorter than the others.
constexpr double kJitter = 0.002;
// What may be ahead of the lead, a track.
constexpr size_t kMaxHeld = 8192;

int64_t TicksOf(std::chrono::milliseconds length, uint32_t timescale) {
  return length.count() * timescale / 1000;
}

}  // namespace

LiveCutter::LiveCutter(std::span<const Track> tracks,
                       std::span<const int64_t> shifts, const Options& options)
    : options_(options) {
  for (size_t i = 0; i < tracks.size(); ++i) {
    lanes_.emplace_back(tracks[i], shifts[i], options);
  }
  const auto pictures =
      std::ranges::find(lanes_, TrackKind::kVideo, &Lane::kind);
  if (pictures != lanes_.end()) {
    lead_ = static_cast<size_t>(pictures - lanes_.begin());
  }
  SetParts();
}

LiveCutter::Lane::Lane(const Track& track, int64_t moved,
                       const Options& options)
    : open(track),
      kind(track.kind),
      timescale(track.timescale),
      frame(FrameOf(track)),
      shift(moved) {
  open.Begin(options.first_number, 0);
}

double LiveCutter::Lane::FrameSeconds() const {
  return MediaTime{frame, timescale}.Seconds();
}

int64_t LiveCutter::Lane::Placed(int64_t time) const {
  if (longest_part == 0 || open.empty()) return time;
  return std::min(time, highest + longest_part);
}

int64_t LiveCutter::FrameOf(const Track& track) {
  if (track.frame_rate_num == 0) return track.timescale / 25;
  return int64_t{track.timescale} * track.frame_rate_den / track.frame_rate_num;
}

std::vector<LiveCutter::Cut> LiveCutter::Add(const Packet& packet) {
  std::vector<Cut> cuts;
  NoteFrame(lanes_[packet.track], packet.time);
  if (packet.track == lead_) {
    AddToLead(packet, cuts);
  } else {
    Hold(packet);
  }
  CatchUp(cuts);
  ForgetEnds();
  return cuts;
}

void LiveCutter::Hold(const Packet& packet) {
  Lane& lane = lanes_[packet.track];
  if (lane.held.size() == kMaxHeld) {
    lane.held.pop_front();
    ++left_out_;
  }
  lane.held.push_back({packet, Bytes(packet.data.begin(), packet.data.end())});
}

// Sound does not say how long its frames are.
void LiveCutter::NoteFrame(Lane& lane, int64_t time) {
  if (lane.kind != TrackKind::kAudio) return;
  constexpr int kLongest = 5;  // to a second
  const int64_t step = lane.last ? time - *lane.last : 0;
  if (step > 0 && step < lane.timescale / kLongest) {
    lane.frame = lane.measured ? std::max(lane.frame, step) : step;
    lane.measured = true;
  }
  lane.last = time;
}

void LiveCutter::AddToLead(const Packet& packet, std::vector<Cut>& cuts) {
  Lane& lane = lead();
  const int64_t time = lane.Placed(packet.time + lane.shift);
  if (!lane.any) {
    if (lane.kind == TrackKind::kVideo && !packet.key) {
      ++left_out_;
      return;
    }
    if (packet.key) NoteKeyFrame(time);
    if (options_.on_grid && !BeginsOnGrid(time)) return;
    lane.open.Begin(lane.open.number(), time);
    lead_start_ = {time, lane.timescale};
  } else if (packet.key) {
    NoteKeyFrame(time);
  }
  if (EndsLead(packet, time)) {
    EndLead(packet, time, cuts);
  } else if (lane.any && time < lane.open.begin()) {
    ++left_out_;  // leads a key frame, and refers to what is gone
    return;
  }
  Append(lead_, packet, time, cuts);
}

void LiveCutter::EndLead(const Packet& packet, int64_t time,
                         std::vector<Cut>& cuts) {
  // No key frame came: what is promised must hold what there is.
  if (!IsDecided()) Decide(kLongestWait);
  Lane& lane = lead();
  uint64_t next = lane.open.number() + 1;
  if (options_.on_grid)
    next = std::max(next, OnGrid(time) - (packet.key ? 0 : 1));
  const int64_t seen = lane.highest + lane.frame;
  forced_ += packet.key ? 0 : 1;
  // Where nothing came for so long the numbers between are gaps.
  while (lane.open.number() < next) {
    const uint64_t number = lane.open.number();
    int64_t end = packet.key ? time : seen;
    if (number + 1 < next) end = std::max(GridEnd(number), seen);
    NoteEnd(number, {end, lane.timescale});
    Close(lead_, end, cuts);
  }
}

// The first interval decides how long segments may be, for the whole event.
void LiveCutter::NoteKeyFrame(int64_t time) {
  const Lane& lane = lead();
  if (last_key_) {
    key_frame_interval_ =
        MediaTime{time - *last_key_, lane.timescale}.Seconds();
  }
  if (lane.kind == TrackKind::kVideo) last_key_ = time;
  if (IsDecided()) return;
  const bool known = lane.kind == TrackKind::kAudio || key_frame_interval_ > 0;
  if (known) Decide(key_frame_interval_);
}

bool LiveCutter::IsDecided() const {
  const bool wants_parts = options_.part_seconds > 0;
  return options_.target_duration != 0 &&
         (!wants_parts || options_.parts.target.count() > 0);
}

void LiveCutter::Decide(double key_frame_interval) {
  // The same whenever one begins to read.
  if (options_.on_grid) key_frame_interval = 0;
  options_.target_duration =
      static_cast<uint64_t>(std::ceil(
          std::max(options_.segment_seconds, key_frame_interval - 0.001))) +
      1;
  if (options_.part_seconds <= 0 || options_.parts.target.count() > 0) return;
  options_.parts = ChooseParts(key_frame_interval);
  SetParts();
}

LiveCutter::PartLengths LiveCutter::ChooseParts(
    double key_frame_interval) const {
  const double frame = std::max(lead().FrameSeconds(), 1e-3);
  const double slack = LongestFollower();
  double segment = options_.segment_seconds;
  if (key_frame_interval > 0) {
    segment = std::ceil((segment - frame / 2) / key_frame_interval) *
              key_frame_interval;
  }
  const double pictures = std::max(1.0, std::round(segment / frame));
  const double most = std::max(
      1.0,
      std::floor((options_.part_seconds - slack - kJitter) / frame + 1e-3));
  // So many parts, of as many pictures each.
  const double parts = std::ceil(pictures / most);
  const double length = std::ceil(pictures / parts) * frame;
  const auto rounded_up = [](double seconds) {
    return std::chrono::milliseconds(
        std::llround(std::ceil(seconds * 1000 - 1e-3)));
  };
  return {rounded_up(length + slack + kJitter), rounded_up(length + kJitter)};
}

// How much longer than the lead's a follower's parts may be.
double LiveCutter::LongestFollower() const {
  double longest = 0;
  for (const Lane& lane : lanes_) {
    if (lane.kind != TrackKind::kAudio || &lane == &lead()) continue;
    longest = std::max(longest, lane.FrameSeconds());
  }
  return longest;
}

void LiveCutter::SetParts() {
  const PartLengths& parts = options_.parts;
  if (parts.target.count() == 0) return;
  for (Lane& lane : lanes_) {
    const bool follows = lane.kind == TrackKind::kAudio && &lane != &lead();
    lane.longest_part =
        TicksOf(follows ? parts.target : parts.lead, lane.timescale);
    lane.open.SetPartTarget(lane.longest_part);
  }
}

bool LiveCutter::EndsLead(const Packet& packet, int64_t time) const {
  const Lane& lane = lead();
  const int64_t begin = lane.open.segment_begin();
  if (!lane.any || time <= begin) return false;
  if (options_.on_grid) return EndsOnGrid(packet, time);
  const double length = MediaTime{time - begin, lane.timescale}.Seconds();
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
  // Until it is known how long parts are, nothing is cut into them.
  if (options_.part_seconds > 0 && options_.parts.target.count() == 0) return;
  const MediaTime reach = Reach();
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
    while (lane.held.empty() && lane.open.number() + 1 < lead().open.number()) {
      Close(i, Rescale(*EndOf(lane.open.number()), lane.timescale), cuts);
    }
  }
}

// Nor further than where the part that is open may end.
MediaTime LiveCutter::Reach() const {
  int64_t reach = lead().highest;
  if (lead().longest_part > 0) {
    reach = std::min(
        reach, lead().open.begin() + lead().longest_part - lead().frame / 2);
  }
  return {reach, lead().timescale};
}

void LiveCutter::AddToFollower(size_t index, const Packet& packet,
                               std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  const int64_t time = lane.Placed(packet.time + lane.shift);
  if (!lane.any && lane.open.number() == options_.first_number) {
    const bool early = MediaTime{time, lane.timescale} < lead_start_;
    if (early || (lane.kind == TrackKind::kVideo && !packet.key)) {
      ++left_out_;
      return;
    }
    lane.open.Begin(lane.open.number(), time);
  }
  while (const auto end = EndOf(lane.open.number())) {
    const int64_t boundary = Rescale(*end, lane.timescale, Rounding::kUp);
    if (time < boundary) break;
    const bool pictures = lane.kind == TrackKind::kVideo;
    if (pictures && lane.any && time <= lane.highest) break;
    Close(index, lane.open.empty() ? boundary : time, cuts);
  }
  if (lane.kind == TrackKind::kAudio && lane.any && time <= lane.highest) {
    ++left_out_;
    return;
  }
  if (lane.kind == TrackKind::kAudio) EndParts(index, time, cuts);
  Append(index, packet, time, cuts);
}

// Where the lead's part ends in front of `time`, so does this one's.
void LiveCutter::EndParts(size_t index, int64_t time, std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  lane.part_ends = std::max(lane.part_ends, part_ends_gone_);
  for (; lane.part_ends - part_ends_gone_ < part_ends_.size();
       ++lane.part_ends) {
    const PartEnd& end = part_ends_[lane.part_ends - part_ends_gone_];
    if (end.number < lane.open.number()) continue;
    if (end.number > lane.open.number() ||
        time < Rescale(end.at, lane.timescale, Rounding::kUp)) {
      return;
    }
    Leave(index, lane.open.EndPart(time), false, cuts);
  }
}

void LiveCutter::Append(size_t index, const Packet& packet, int64_t time,
                        std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  if (lane.open.too_big() || !lane.open.Append(packet, time)) {
    ++left_out_;
    return;
  }
  lane.highest = lane.any ? std::max(lane.highest, time) : time;
  lane.any = true;
  Leave(index, lane.open.TakeFull(), false, cuts);
}

void LiveCutter::Close(size_t index, int64_t end, std::vector<Cut>& cuts) {
  Lane& lane = lanes_[index];
  const int64_t begin = lane.open.begin();
  std::vector<OpenSegment::Piece> pieces = lane.open.Close(end);
  if (pieces.empty()) {
    Cut gap;
    gap.track = index;
    gap.fragment.number = lane.open.number();
    gap.begin = {begin, lane.timescale};
    gap.end = {end, lane.timescale};
    cuts.push_back(std::move(gap));
  }
  Leave(index, std::move(pieces), true, cuts);
  lane.open.Begin(lane.open.number() + 1, end);
}

// `all`: the last of the pieces ends the segment.
void LiveCutter::Leave(size_t index, std::vector<OpenSegment::Piece> pieces,
                       bool all, std::vector<Cut>& cuts) {
  const uint32_t timescale = lanes_[index].timescale;
  for (OpenSegment::Piece& piece : pieces) {
    Cut cut;
    cut.track = index;
    cut.fragment = std::move(piece.fragment);
    cut.begin = {piece.begin, timescale};
    cut.end = {piece.end, timescale};
    cut.ends_segment = all && &piece == &pieces.back();
    if (index == lead_ && !cut.ends_segment) {
      part_ends_.push_back({cut.fragment.number, cut.end});
    }
    cuts.push_back(std::move(cut));
  }
}

uint64_t LiveCutter::left_out() const {
  uint64_t sum = left_out_;
  for (const Lane& lane : lanes_) sum += lane.open.left_out();
  return sum;
}

std::optional<MediaTime> LiveCutter::EndOf(uint64_t number) const {
  const uint64_t index = number - ends_from_;
  if (index >= ends_.size()) return std::nullopt;
  return ends_[index];
}

void LiveCutter::NoteEnd(uint64_t number, MediaTime end) {
  if (ends_.empty()) ends_from_ = number;
  ends_.push_back(end);
}

// An event may last for days.
void LiveCutter::ForgetEnds() {
  uint64_t open = UINT64_MAX;
  for (const Lane& lane : lanes_) open = std::min(open, lane.open.number());
  while (!ends_.empty() && ends_from_ < open) {
    ends_.pop_front();
    ++ends_from_;
  }
  while (!part_ends_.empty() && part_ends_.front().number < open) {
    part_ends_.pop_front();
    ++part_ends_gone_;
  }
}

std::vector<LiveCutter::Cut> LiveCutter::Finish() {
  std::vector<Cut> cuts;
  Lane& first = lead();
  if (options_.on_grid || !first.any || first.open.empty()) return cuts;
  const int64_t end = first.Placed(first.open.EndOf());
  if (options_.target_duration == 0) {  // there is no second key frame
    Decide(
        MediaTime{end - first.open.segment_begin(), first.timescale}.Seconds());
  }
  NoteEnd(first.open.number(), {end, first.timescale});
  first.highest = std::max(first.highest, end - 1);
  Close(lead_, end, cuts);
  CatchUp(cuts);
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    while (i != lead_ && lane.open.number() < first.open.number()) {
      const uint64_t number = lane.open.number();
      const int64_t boundary = Rescale(*EndOf(number), lane.timescale);
      const int64_t last = lane.open.empty() ? boundary : lane.open.EndOf();
      Close(i, number + 1 == first.open.number() ? last : boundary, cuts);
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
    const MediaTime reach =
        lead().any ? MediaTime{lead().highest, lead().timescale}
                   : MediaTime{lane.held.front().packet.time + lane.shift,
                               lane.timescale};
    furthest = std::max(furthest, time.Seconds() - reach.Seconds());
  }
  return furthest;
}

}  // namespace usher
