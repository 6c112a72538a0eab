// One segment's worth of one track: a table of samples and their bytes, one
// after another, in decode order. This is what the cutter hands on, what is
// encrypted in place, and what becomes one moof+mdat.
//
// Times are in the track's timescale, on the presentation's own timeline: it
// starts so that nothing is negative (docs/architecture.md, "Timeline").
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace usher {

struct Sample {
  uint32_t size = 0;
  uint32_t duration = 0;
  int32_t composition_offset = 0;  // pts - dts; rarely negative (trun v1)
  bool key = false;                // sync sample

  bool operator==(const Sample&) const = default;
};

struct Fragment {
  uint64_t number = 0;       // segment number, from 1, equal in all tracks
  uint64_t decode_time = 0;  // tfdt of the first sample
  // False where pictures refer to an earlier fragment: who starts here cannot
  // decode them.
  bool independent = true;
  std::vector<Sample> samples;
  Bytes data;  // sum of sizes
  // Low latency: which part of the segment it is, from 0, and how many samples
  // the parts in front of it have. Without parts: the whole segment.
  std::optional<uint32_t> part = std::nullopt;
  uint64_t first_sample = 0;
  // Live: when what is presented first in it was, by the clock on the wall.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> produced =
      std::nullopt;

  // When its first sample in presentation order is presented.
  uint64_t StartTime() const {
    uint64_t decode = decode_time;
    uint64_t start = ~uint64_t{0};
    for (const Sample& sample : samples) {
      start = std::min(start, decode + sample.composition_offset);
      decode += sample.duration;
    }
    return start;
  }
  uint64_t Duration() const {
    uint64_t sum = 0;
    for (const Sample& sample : samples) sum += sample.duration;
    return sum;
  }
};

}  // namespace usher
