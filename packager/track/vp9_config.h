// What vpcC tells of a VP9 stream (VP Codec ISO Media File Format Binding).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "packager/track/vp9_frame.h"

namespace usher {

// As in ISO/IEC 23091-2; 2 is unknown.
struct Vp9Colour {
  uint8_t primaries = 2;
  uint8_t transfer = 2;
  uint8_t matrix = 2;
};

struct Vp9Config {
  std::string codecs;  // "vp09.00.21.08"
  Bytes box;           // the body of vpcC

  // From the header of a key picture, the picture's size and its rate; 0 where
  // that is unknown.
  static Vp9Config From(const Vp9Header& header, const Vp9Colour& colour,
                        uint64_t picture_size, double frame_rate);
};

}  // namespace usher
