// Judges one MPEG-TS segment by itself and measures it (ISO/IEC 13818-1;
// rfc8216bis 3.1.1). H.264 and HEVC key frames are found behind start codes.
#pragma once

#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"

namespace usher::inspect {

bool LooksLikeTs(ByteView bytes);

// `cut_short`: an I-frame's byte range.
MeasuredSegment JudgeTsSegment(ByteView bytes, const std::string& place,
                               bool cut_short, Findings& findings);

}  // namespace usher::inspect
