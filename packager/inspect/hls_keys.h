// The keys a media playlist names for its segments, held against how their
// samples are protected (rfc8216bis 4.4.4.4; ISO/IEC 23001-7).
#pragma once

#include "core/playlist/hls_reader.h"
#include "packager/inspect/rendition_judge.h"

namespace usher::inspect {

// METHOD, KEYFORMAT, IV and KID against schm and tenc (facts: a key of the
// wrong method plays nowhere, and no player says why).
void JudgeSampleKeys(const playlist::ReadMediaPlaylist& media,
                     const MeasuredRendition& measured, const KeyRing& keys,
                     Findings& findings);

}  // namespace usher::inspect
