#include "packager/manifest/segment_times.h"

#include <algorithm>
#include <iterator>

#include "core/playlist/media_playlist.h"
#include "packager/track/media_time.h"

namespace usher::manifest {
namespace {

using std::chrono::microseconds;

microseconds Microseconds(uint64_t ticks, uint32_t timescale) {
  return microseconds(
      Rescale({static_cast<int64_t>(ticks), timescale}, 1'000'000));
}

std::chrono::milliseconds DateShiftOf(const Presentation& presentation,
                                      uint64_t number) {
  const auto& shifts = presentation.date_shifts;
  const auto next =
      std::ranges::upper_bound(shifts, number, {}, &DateShift::first_number);
  return next == shifts.begin() ? std::chrono::milliseconds{}
                                : std::prev(next)->by;
}

}  // namespace

microseconds DurationOf(const SegmentRecord& segment, uint32_t timescale) {
  return Microseconds(segment.start + segment.duration, timescale) -
         Microseconds(segment.start, timescale);
}

microseconds TimeOf(const Presentation& presentation, const MediaTime& at) {
  if (presentation.tracks.empty()) return {};
  const Track& track = presentation.tracks.front().track;
  return microseconds(Rescale(at, 1'000'000)) -
         Microseconds(track.presentation_time_offset, track.timescale);
}

std::optional<std::chrono::sys_time<std::chrono::milliseconds>> DateOf(
    const Presentation& presentation, const TrackRecord& record,
    const SegmentRecord& segment) {
  if (!presentation.began_at) return std::nullopt;
  const Track& track = record.track;
  const microseconds since =
      Microseconds(segment.start, track.timescale) -
      Microseconds(track.presentation_time_offset, track.timescale);
  return *presentation.began_at +
         std::chrono::round<std::chrono::milliseconds>(since) +
         DateShiftOf(presentation, segment.number);
}

microseconds LongestSegment(const Presentation& presentation) {
  microseconds longest{};
  const auto measure = [&](const TrackRecord& record) {
    for (const SegmentRecord& segment : record.segments) {
      longest = std::max(longest, DurationOf(segment, record.track.timescale));
    }
  };
  for (const TrackRecord& record : presentation.tracks) measure(record);
  for (const TextRecord& text : presentation.texts) measure(text.hls);
  return longest;
}

microseconds StartOf(const Presentation& presentation) {
  std::optional<microseconds> start;
  for (const TrackRecord& record : presentation.tracks) {
    if (record.segments.empty()) continue;
    const MediaTime at{static_cast<int64_t>(record.segments.front().start),
                       record.track.timescale};
    const microseconds begins = TimeOf(presentation, at);
    start = std::min(start.value_or(begins), begins);
  }
  return start.value_or(microseconds{});
}

uint64_t TargetDurationOf(const Presentation& presentation) {
  if (presentation.live) return presentation.live->target_duration;
  return playlist::TargetDuration(LongestSegment(presentation));
}

microseconds PresentationDuration(const Presentation& presentation) {
  microseconds duration{};
  for (const TrackRecord& record : presentation.tracks) {
    if (record.segments.empty()) continue;
    const SegmentRecord& last = record.segments.back();
    const uint32_t timescale = record.track.timescale;
    duration = std::max(
        duration,
        Microseconds(last.start + last.duration, timescale) -
            Microseconds(record.track.presentation_time_offset, timescale));
  }
  return duration;
}

}  // namespace usher::manifest
