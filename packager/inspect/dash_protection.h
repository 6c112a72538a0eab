// ContentProtection of a representation against its init segment (ISO/IEC
// 23009-1 5.8.4.1, 23001-7 11).
#pragma once

#include <string>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/finding.h"
#include "packager/inspect/measured.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

void JudgeContentProtection(const playlist::ReadRepresentation& representation,
                            const MediaHeader& header, const KeyRing& keys,
                            const std::string& place, Findings& findings);

}  // namespace usher::inspect
