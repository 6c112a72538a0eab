// An RTMP message (RTMP 1.0, sections 5.4, 6.1 and 7.1).
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher::rtmp {

enum class MessageType : uint8_t {
  kSetChunkSize = 1,
  kAbort = 2,
  kAcknowledgement = 3,
  kUserControl = 4,
  kWindowSize = 5,
  kPeerBandwidth = 6,
  kAudio = 8,
  kVideo = 9,
  kData = 18,
  kCommand = 20,
};

struct Message {
  MessageType type = MessageType::kCommand;
  uint32_t time = 0;    // milliseconds, modulo 2^32
  uint32_t stream = 0;  // message stream id; 0 is the connection's own
  Bytes body;
};

}  // namespace usher::rtmp
