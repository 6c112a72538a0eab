// Closed captions inside of pictures: cc_data as ATSC A/53 part 4 (6.2.3.1)
// registers it under ITU-T T.35, and DirecTV's form of it. Whether there are
// any, not what they say.
#pragma once

#include "core/base/bytes.h"
#include "packager/track/track.h"

namespace usher {

// Whether an access unit carries cc_data, be it empty: encoders that send
// captions now and then send nothing else in between. `sample` is as ISO BMFF
// stores it, and may be damaged. VP9 has no place for them.
bool CarriesCaptions(const Track& track, ByteView sample);

}  // namespace usher
