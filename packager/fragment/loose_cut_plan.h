// Cuts for renditions whose key frames do not line up, where the user wants
// them all the same: each is cut at its own key frame nearest to where the
// first one is. So number n is roughly the same interval in all. Pure function.
#pragma once

#include "packager/fragment/cut_plan.h"

namespace usher {

// Boundaries near which some rendition has no key frame are left out. Fails
// (BadInput) where that is one at which the input's clock jumped.
Result<CutPlan> PlanLooseCuts(std::span<const KeyFrames> renditions,
                              double segment_seconds);

}  // namespace usher
