// Bit rates as measured from the segments stored, in bits per second.
#pragma once

#include <cstdint>
#include <span>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

// The highest rate of any run of segments that lasts 0.5 to 1.5 times
// `target_duration` seconds (rfc8216bis 4.4.6.2, "peak segment bit rate"); the
// average where no run does. Never below the average.
uint64_t PeakBandwidth(const TrackRecord& record, double target_duration);

// The highest rate of those among them that begin with the first of `segments`;
// 0 where none does.
uint64_t PeakOfRun(std::span<const SegmentRecord> segments, uint32_t timescale,
                   double target_duration);

// All bits over all time.
uint64_t AverageBandwidth(const TrackRecord& record);

}  // namespace usher::manifest
