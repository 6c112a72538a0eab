// FLAC: STREAMINFO (RFC 9639 8.2) as dfLa of ISO BMFF wants it. Plain data.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

struct FlacConfig {
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  uint32_t block_size = 0;  // the largest
  Bytes box;                // the body of dfLa

  static Result<FlacConfig> FromStreamInfo(ByteView info);
};

}  // namespace usher
