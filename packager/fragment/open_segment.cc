#include "packager/fragment/open_segment.h"

#include <algorithm>
#include <utility>

namespace usher {
namespace {

constexpr size_t kMaxReorder = 16;  // H.264 A.3.1, H.265 A.4.2

int64_t FrameOf(const Track& track) {
  if (track.frame_rate_num == 0) return 0;
  return int64_t{track.timescale} * track.frame_rate_den / track.frame_rate_num;
}

// How many pictures the decoder holds back.
size_t ReorderOf(const Track& track) {
  const int64_t frame = FrameOf(track);
  if (track.decode_delay <= 0 || frame <= 0) return 0;
  return static_cast<size_t>((track.decode_delay + frame / 2) / frame);
}

}  // namespace

OpenSegment::OpenSegment(const Track& track)
    : timer_(track), frame_(FrameOf(track)), reorder_(ReorderOf(track)) {}

void OpenSegment::Begin(uint64_t number, int64_t begin) {
  number_ = number;
  segment_begin_ = begin;
  begin_ = begin;
  any_ = false;
  part_ = 0;
  first_sample_ = 0;
}

bool OpenSegment::Append(const Packet& packet, int64_t time) {
  if (part_ > 0 && time < begin_) return false;
  const auto later = std::ranges::upper_bound(shown_, time);
  // A stream may reorder more than it said.
  const auto passed = static_cast<size_t>(shown_.end() - later);
  reorder_ = std::max(reorder_, std::min(passed, kMaxReorder));
  shown_.insert(later, time);
  samples_.push_back({time, packet.duration,
                      static_cast<uint32_t>(packet.data.size()), packet.key});
  data_.insert(data_.end(), packet.data.begin(), packet.data.end());
  any_ = true;
  return true;
}

std::vector<OpenSegment::Piece> OpenSegment::TakeFull() {
  std::vector<Piece> pieces;
  if (part_target_ == 0) return pieces;
  while (shown_.size() > reorder_) {
    const int64_t limit = shown_.front() + part_target_;
    // The last that no later sample can be shown before, and the end of what
    // would be shown in front of the next one.
    const int64_t last = shown_[shown_.size() - reorder_ - 1];
    if (last + frame_ / 2 <= limit) break;
    const size_t full = Full(limit);
    if (full == 0) break;
    Take(full, shown_[full], pieces);
  }
  return pieces;
}

// How many samples are shown until `limit`, so that another one begins there.
// One that would last longer ends there, and the next one begins early.
size_t OpenSegment::Full(int64_t limit) {
  if (shown_.size() > 1 && shown_[1] > limit) {
    const auto late =
        std::ranges::find(samples_, shown_[1], &TimedSample::time);
    if (late != samples_.end()) late->time = limit;
    shown_[1] = limit;
  }
  const auto over = std::ranges::upper_bound(shown_, limit);
  return static_cast<size_t>(over - shown_.begin()) - 1;
}

std::vector<OpenSegment::Piece> OpenSegment::EndPart(int64_t end) {
  std::vector<Piece> pieces;
  if (!samples_.empty()) Take(samples_.size(), end, pieces);
  return pieces;
}

std::vector<OpenSegment::Piece> OpenSegment::Close(int64_t end) {
  std::vector<Piece> pieces;
  if (part_target_ != 0 && !shown_.empty()) {
    end = std::min(end, shown_.back() + part_target_);
    while (end - shown_.front() > part_target_) {
      const size_t full = Full(shown_.front() + part_target_);
      if (full == 0) break;
      Take(full, shown_[full], pieces);
    }
  }
  if (!samples_.empty()) Take(samples_.size(), end, pieces);
  return pieces;
}

void OpenSegment::Take(size_t count, int64_t end, std::vector<Piece>& pieces) {
  const auto split = static_cast<std::ptrdiff_t>(count);
  Piece piece;
  piece.begin = begin_;
  piece.end = end;
  piece.fragment.first_sample = first_sample_;
  if (part_target_ != 0) piece.fragment.part = part_;
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; ++i) bytes += samples_[i].size;
  const auto timed =
      timer_.Time({number_, begin_, end}, std::span(samples_).first(count),
                  std::span(shown_).first(count), piece.fragment);
  piece.fragment.number = number_;
  const auto cut = data_.begin() + static_cast<std::ptrdiff_t>(bytes);
  if (timed && bytes == data_.size()) {
    piece.fragment.data = std::exchange(data_, {});
  } else if (timed) {
    piece.fragment.data.assign(data_.begin(), cut);
    data_.erase(data_.begin(), cut);
  } else {  // times that make no sense: what they belong to is left out
    left_out_ += count;
    piece.fragment.samples.clear();
    data_.erase(data_.begin(), cut);
  }
  samples_.erase(samples_.begin(), samples_.begin() + split);
  shown_.erase(shown_.begin(), shown_.begin() + split);
  begin_ = end;
  first_sample_ += count;
  ++part_;
  pieces.push_back(std::move(piece));
}

}  // namespace usher
