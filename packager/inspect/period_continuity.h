// What an MPD claims of adaptation sets that go on from one Period to the next
// (ISO/IEC 23009-1 5.3.2.4): they are there, and their clock goes on.
#pragma once

#include <string>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/finding.h"

namespace usher::inspect {

void JudgePeriodContinuity(const playlist::MpdDocument& mpd,
                           const std::string& place, Findings& findings);

}  // namespace usher::inspect
