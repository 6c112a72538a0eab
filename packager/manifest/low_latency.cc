#include "packager/manifest/low_latency.h"

#include <utility>

#include "core/layout/layout.h"
#include "packager/manifest/segment_times.h"

namespace usher::manifest {
namespace {

// Parts further from the end, in target durations, are of use to nobody
// (rfc8216bis 6.2.2).
constexpr int kTargetsWithParts = 3;

std::chrono::seconds ReachOfParts(uint64_t target_duration) {
  return kTargetsWithParts * std::chrono::seconds(target_duration);
}

std::optional<playlist::RenditionReport> ReportOf(const TrackRecord& record,
                                                  KeyFormat format) {
  if (record.segments.empty()) return std::nullopt;
  const bool open = !record.open.parts.empty();
  const SegmentRecord& last = open ? record.open : record.segments.back();
  playlist::RenditionReport report;
  report.uri = "../" + MediaPlaylistPath(record, format);
  report.last_number = last.number;
  if (!last.parts.empty()) report.last_part = last.parts.size() - 1;
  return report;
}

}  // namespace

bool HasParts(const Presentation& presentation, const TrackRecord& record) {
  return presentation.live && presentation.live->part_target.count() > 0 &&
         !record.beside_sliding;
}

std::vector<playlist::HlsPart> PartsOf(const TrackRecord& record,
                                       const SegmentRecord& segment) {
  std::vector<playlist::HlsPart> parts;
  SegmentRecord at;
  at.start = segment.start;
  for (const PartRecord& part : segment.parts) {
    at.duration = part.duration;
    parts.push_back(
        {layout::PartName(segment.number, parts.size(), record.extension),
         DurationOf(at, record.track.timescale), part.independent, part.gap});
    at.start += part.duration;
  }
  return parts;
}

size_t SettledSegments(const Presentation& presentation,
                       const TrackRecord& record) {
  const std::chrono::seconds reach =
      ReachOfParts(TargetDurationOf(presentation));
  std::chrono::microseconds behind{};
  size_t settled = record.segments.size();
  while (settled > 0 && behind < reach) {
    --settled;
    behind += DurationOf(record.segments[settled], record.track.timescale);
  }
  return settled;
}

void AddLowLatency(const Presentation& presentation, const TrackRecord& record,
                   KeyFormat format, playlist::HlsSegment open,
                   playlist::MediaPlaylist& list) {
  playlist::HlsLowLatency& low_latency = list.low_latency.emplace();
  low_latency.part_target = presentation.live->part_target;
  open.parts = PartsOf(record, record.open);
  const uint64_t next = record.segments.empty()
                            ? list.first_number
                            : record.segments.back().number + 1;
  low_latency.preload_hint =
      layout::PartName(next, open.parts.size(), record.extension);
  const std::chrono::seconds reach = ReachOfParts(list.target_duration);
  const size_t in_front = record.segments.size() - list.segments.size();
  std::chrono::microseconds behind = open.duration;
  for (size_t i = list.segments.size(); i > 0 && behind < reach; --i) {
    playlist::HlsSegment& segment = list.segments[i - 1];
    if (!segment.gap) {
      segment.parts = PartsOf(record, record.segments[in_front + i - 1]);
    }
    behind += segment.duration;
  }
  low_latency.open = std::move(open);
  for (const TrackRecord& other : presentation.tracks) {
    if (&other == &record) continue;
    if (auto report = ReportOf(other, format)) {
      low_latency.reports.push_back(*std::move(report));
    }
  }
}

}  // namespace usher::manifest
