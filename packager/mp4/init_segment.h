// The CMAF header: ftyp + moov of one track (ISO/IEC 14496-12, 23000-19).
//
// Sample entries are avc1, mp4a and wvtt, or encv and enca with sinf, schm and
// tenc under cbcs and cenc; a version-1 pssh of the W3C common system id lists
// the KID, and DRM systems have theirs behind it. No edit list: the timeline is
// in tfdt and version-1 trun.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/protection.h"
#include "packager/track/track.h"

namespace usher::mp4 {

Bytes WriteInitSegment(const Track& track,
                       const std::optional<TrackProtection>& protection);

// The pssh box alone, as ContentProtection in the MPD carries it (base64).
Bytes WriteCommonPssh(const TrackProtection& protection);

}  // namespace usher::mp4
