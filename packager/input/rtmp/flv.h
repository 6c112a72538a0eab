// RTMP's media messages as an FLV file (Video File Format Specification 10.1,
// Annex E), which is what libavformat reads. Pure functions.
#pragma once

#include "packager/input/rtmp/message.h"

namespace usher::rtmp {

void WriteFlvHeader(Bytes& out);
// One tag. A data message loses its leading "@setDataFrame". `message` is of
// type kAudio, kVideo or kData.
void WriteFlvTag(const Message& message, Bytes& out);

}  // namespace usher::rtmp
