// Writes RTMP messages as chunks (RTMP 1.0, 5.3). Pure; not thread-safe.
#pragma once

#include "packager/input/rtmp/message.h"

namespace usher::rtmp {

// Appends `message` to `out` on chunk stream `id` (2 to 63), in chunks of the
// protocol's default size.
void WriteMessage(uint8_t id, const Message& message, Bytes& out);

}  // namespace usher::rtmp
