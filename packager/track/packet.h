// One access unit on its way from the input to the cutter, in decode order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

// How the decoder configuration of a packet is to that of the one before it.
enum class ConfigChange {
  kNone,
  kAdded,    // something was added to it
  kReplaced  // another one: it begins a stretch of its own
};

struct Packet {
  size_t track = 0;      // index into the input's tracks
  int64_t time = 0;      // presentation time, track timescale
  int64_t duration = 0;  // as the container says it; 0 where unknown
  // Video: a picture at which decoding can start: what is presented after it
  // refers to nothing in front of it. Audio: always.
  bool key = false;
  // A key picture behind which pictures may follow that are presented in front
  // of it (HEVC's leading pictures).
  bool may_lead = false;
  // A leading picture that refers to what lies in front of its key picture:
  // who starts decoding there cannot decode it (HEVC's RASL).
  bool refers_back = false;
  // False for what a player decodes but does not show: encoder delay, and
  // pictures in front of an edit's start.
  bool presented = true;
  // The input's clock jumped in front of it: it goes on from there, and what
  // comes from here on refers to nothing before.
  bool discontinuity = false;
  // kReplaced: a key picture; what comes from here on refers to nothing before.
  ConfigChange config_change = ConfigChange::kNone;
  // Valid until the next packet is read. As ISO BMFF stores the codec: NAL
  // units are length-prefixed and no parameter sets, AAC frames are raw.
  ByteView data;
};

}  // namespace usher
