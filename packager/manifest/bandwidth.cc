#include "packager/manifest/bandwidth.h"

#include <algorithm>
#include <cmath>

namespace usher::manifest {
namespace {

uint64_t Rate(uint64_t bytes, double seconds) {
  if (seconds <= 0) return 0;
  return static_cast<uint64_t>(
      std::ceil(8 * static_cast<double>(bytes) / seconds));
}

}  // namespace

uint64_t PeakOfRun(std::span<const SegmentRecord> segments, uint32_t timescale,
                   double target_duration) {
  uint64_t peak = 0;
  uint64_t bytes = 0;
  uint64_t ticks = 0;
  for (const SegmentRecord& segment : segments) {
    bytes += segment.bytes;
    ticks += segment.duration;
    const double seconds = static_cast<double>(ticks) / timescale;
    if (seconds > 1.5 * target_duration) break;
    if (seconds >= 0.5 * target_duration) {
      peak = std::max(peak, Rate(bytes, seconds));
    }
  }
  return peak;
}

uint64_t PeakBandwidth(const TrackRecord& record, double target_duration) {
  uint64_t peak = std::max(AverageBandwidth(record), record.past.peak());
  const std::span<const SegmentRecord> segments(record.segments);
  for (size_t i = 0; i < segments.size(); ++i) {
    peak = std::max(peak, PeakOfRun(segments.subspan(i), record.track.timescale,
                                    target_duration));
  }
  return peak;
}

uint64_t AverageBandwidth(const TrackRecord& record) {
  uint64_t bytes = record.past.bytes();
  uint64_t ticks = record.past.ticks();
  for (const SegmentRecord& segment : record.segments) {
    bytes += segment.bytes;
    ticks += segment.duration;
  }
  return Rate(bytes, static_cast<double>(ticks) / record.track.timescale);
}

}  // namespace usher::manifest
