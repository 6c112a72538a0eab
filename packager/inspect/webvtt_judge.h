// Judges WebVTT segments: each by itself, and a rendition of them beside what
// it goes with (rfc8216bis 3.1.4).
#pragma once

#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"
#include "packager/inspect/rendition_judge.h"

namespace usher::inspect {

bool LooksLikeWebVtt(ByteView bytes);
MeasuredSegment JudgeWebVtt(ByteView bytes, const std::string& place,
                            Findings& findings);

// Every cue belongs to its segment's interval, as the pictures (or the sound)
// of `main` tell it, and one that reaches over its end is in the next segment,
// too. Nothing where `text` is no WebVTT.
void JudgeCueTimes(const MeasuredRendition& main, const MeasuredRendition& text,
                   Findings& findings);

}  // namespace usher::inspect
