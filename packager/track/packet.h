// One access unit on its way from the input to the cutter, in decode order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

struct Packet {
  size_t track = 0;      // index into the input's tracks
  int64_t time = 0;      // presentation time, track timescale
  int64_t duration = 0;  // as the container says it; 0 where unknown
  // Video: an IDR picture, at which decoding can start and nothing later
  // refers to anything earlier. Audio: always.
  bool key = false;
  // False for what a player decodes but does not show: encoder delay, and
  // pictures in front of an edit's start.
  bool presented = true;
  // Valid until the next packet is read. Video is length-prefixed NAL units
  // without parameter sets, audio raw AAC frames.
  ByteView data;
};

}  // namespace usher
