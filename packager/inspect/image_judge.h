// Judges sprite sheets: JPEG files that DASH names in an image adaptation set
// and HLS in an image media playlist (DASH-IF IOP 6.2.6).
#pragma once

#include <cstdint>

#include "packager/inspect/rendition.h"
#include "packager/inspect/surroundings.h"

namespace usher::inspect {

// As told; 0: not said.
struct ImageSize {
  uint32_t width = 0;
  uint32_t height = 0;
};

// Reads each `every`-th file of the rendition, and the last.
void JudgeImages(const Rendition& rendition, const ImageSize& told,
                 const Surroundings& around);

}  // namespace usher::inspect
