// What a decoder of AC-3 or E-AC-3 must know before the first frame, read from
// the frames themselves (ETSI TS 102 366 4.4, E.1), and as dac3 and dec3 tell
// it (Annex F). Immutable, plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

struct Ac3Config {
  bool enhanced = false;  // E-AC-3
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  // Bits of table E.1.4, the first location (left) highest: what DASH's Dolby
  // channel configuration tells.
  uint16_t locations = 0;
  // Objects of Dolby Atmos (JOC) at most; 0 where there are none.
  uint8_t objects = 0;
  Bytes box;  // the body of dac3 or dec3

  // From one sample: an AC-3 frame, or an E-AC-3 frame with what depends on it.
  // Fails (BadInput) where it is neither, or has fewer than six blocks.
  static Result<Ac3Config> FromSample(ByteView sample);
};

}  // namespace usher
