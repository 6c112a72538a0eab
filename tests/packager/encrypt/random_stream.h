// Random H.264 parameter sets and slices that use every syntax element of
// 7.3.2.1.1, 7.3.2.2 and 7.3.3, also those no common encoder writes: FMO, field
// pictures, SP slices, separate colour planes, redundant pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"

namespace usher::testing {

struct RandomSlice {
  Bytes sps;
  Bytes pps;
  Bytes slice;
  size_t header_size = 0;  // of the escaped slice, NAL header included
};

// The same for the same seed.
RandomSlice MakeRandomSlice(uint64_t seed);

}  // namespace usher::testing
