// Whether one decoder configuration says all that another one says.
#pragma once

#include "packager/track/track.h"

namespace usher {

// Whether `planned` has every parameter set of `read`; where a codec has none,
// whether both are coded alike.
bool HoldsSetsOf(const Track& planned, const Track& read);

}  // namespace usher
