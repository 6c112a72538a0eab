// Part of a resource: EXT-X-BYTERANGE, @mediaRange. Plain data.
#pragma once

#include <cstdint>

namespace usher::playlist {

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};

}  // namespace usher::playlist
