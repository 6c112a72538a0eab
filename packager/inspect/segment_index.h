// sidx: where the subsegments of a single-file representation lie and when
// they play (ISO/IEC 14496-12 8.16.3).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace usher::inspect {

struct IndexedSubsegment {
  uint64_t offset = 0;  // from the first byte behind sidx
  uint32_t size = 0;
  uint64_t start = 0;  // earliest presentation time, `timescale`
  uint32_t duration = 0;
};

struct SegmentIndex {
  uint32_t timescale = 1;
  std::vector<IndexedSubsegment> subsegments;
};

// `data` holds the sidx box and nothing in front of it. References to further
// indices are not followed: nothing then, as for a damaged box.
std::optional<SegmentIndex> ReadSegmentIndex(ByteView data);

}  // namespace usher::inspect
