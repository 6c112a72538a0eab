// The clock a dynamic MPD sends its players to: whether there is one and, where
// the MPD came over the network, whether it tells the time (ISO/IEC 23009-1
// 5.8.4.11).
#pragma once

#include <string>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/surroundings.h"

namespace usher::inspect {

// `location` is the MPD's own, `place` how findings show it.
void JudgeClocks(const playlist::MpdDocument& mpd, const std::string& location,
                 const std::string& place, const Surroundings& around);

}  // namespace usher::inspect
