// Opus: the identification header of Ogg and Matroska (RFC 7845 5.1) as dOps
// of ISO BMFF wants it, and how long a packet lasts (RFC 6716 3.1). Plain data.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

struct OpusConfig {
  static constexpr uint32_t kSampleRate = 48000;  // of every time

  uint32_t channels = 0;
  uint16_t pre_skip = 0;  // samples a player drops at the start
  Bytes box;              // the body of dOps

  static Result<OpusConfig> FromHead(ByteView head);
};

// Samples in a packet; 0 where it is damaged.
uint32_t OpusDuration(ByteView packet);

}  // namespace usher
