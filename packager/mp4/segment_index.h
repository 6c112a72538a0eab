// sidx: where the segments of a single file lie and when they play (ISO/IEC
// 14496-12 8.16.3).
#pragma once

#include <cstdint>
#include <span>

#include "core/base/bytes.h"

namespace usher::mp4 {

struct IndexEntry {
  uint32_t bytes = 0;     // below 2^31
  uint32_t duration = 0;  // between earliest presentation times, timescale
  unsigned sap_type = 1;  // ISO/IEC 14496-12 Annex I; 0: none
};

// `start` is the first segment's earliest presentation time. The first segment
// follows the box at once.
Bytes WriteSegmentIndex(uint32_t timescale, uint64_t start,
                        std::span<const IndexEntry> entries);

}  // namespace usher::mp4
