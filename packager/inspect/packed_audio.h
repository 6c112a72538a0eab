// Packed audio: ADTS behind an ID3 timestamp (rfc8216bis 3.1.3).
#pragma once

#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"

namespace usher::inspect {

bool LooksLikePackedAudio(ByteView bytes);
MeasuredSegment JudgePackedAudio(ByteView bytes, const std::string& place,
                                 Findings& findings);

}  // namespace usher::inspect
