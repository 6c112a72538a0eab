// Segments that are neither fragmented MP4 nor MPEG-TS: packed audio behind
// an ID3 timestamp, and WebVTT (rfc8216bis 3.1.3, 3.1.4).
#pragma once

#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"

namespace usher::inspect {

bool LooksLikePackedAudio(ByteView bytes);
MeasuredSegment JudgePackedAudio(ByteView bytes, const std::string& place,
                                 Findings& findings);

bool LooksLikeWebVtt(ByteView bytes);

}  // namespace usher::inspect
