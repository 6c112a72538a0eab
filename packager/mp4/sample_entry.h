// The sample entry: codec, picture or sound format, and how it is protected
// (ISO/IEC 14496-12 8.5.2 and 8.12, 14496-14 5.6, 14496-15 5.4.2 and 8.4.1).
#pragma once

#include "core/base/byte_writer.h"
#include "packager/encrypt/protection.h"
#include "packager/track/track.h"

namespace usher::mp4 {

// avc1, hvc1, mp4a and so on; encv or enca with sinf where `protection` is not
// null.
void WriteSampleEntry(ByteWriter& out, const Track& track,
                      const TrackProtection* protection);

}  // namespace usher::mp4
