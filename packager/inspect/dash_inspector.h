// Judges a DASH presentation from its MPD on (ISO/IEC 23009-1).
#pragma once

#include "packager/inspect/surroundings.h"

namespace usher::inspect {

// Returns how many representations there were.
size_t InspectDash(const LoadedFile& file, const Surroundings& around);

}  // namespace usher::inspect
