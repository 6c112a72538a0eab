// Holds what an MPD offers for trick play against the video it is of
// (DASH-IF IOP 4.3, 3.2.9), and @codingDependency against the samples.
#pragma once

#include <span>
#include <string>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/rendition_judge.h"

namespace usher::inspect {

// A representation of a period, and what its media are.
struct TrickPlayRendition {
  const playlist::ReadAdaptationSet* set = nullptr;
  const playlist::ReadRepresentation* told = nullptr;
  const MeasuredRendition* measured = nullptr;
};

// All of one period. `mpd_place` is the MPD as shown.
void JudgeTrickPlay(std::span<const TrickPlayRendition> renditions,
                    const std::string& mpd_place, Findings& findings);

}  // namespace usher::inspect
