// Judges an HLS presentation from its multivariant or media playlist on
// (rfc8216bis).
#pragma once

#include "packager/inspect/surroundings.h"

namespace usher::inspect {

// Returns how many media playlists there were.
size_t InspectHls(const LoadedFile& file, const Surroundings& around);

}  // namespace usher::inspect
