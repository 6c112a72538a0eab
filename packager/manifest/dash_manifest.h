// The DASH side of a presentation, as an MPD to be written.
#pragma once

#include "core/playlist/mpd.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Not for aes-128, which DASH players do not decrypt.
playlist::Mpd BuildMpd(const Presentation& presentation);

// The same for DRM systems, and without Clear Key: a player that finds both
// asks whom it prefers, and not whoever has the licence.
playlist::Mpd BuildDrmMpd(const Presentation& presentation);
// The same with Clear Key for a live event with parts, which players ask for
// before their segment is complete. The segments behind the last one are told
// before they are there, as long as that one.
playlist::Mpd BuildLowLatencyMpd(const Presentation& presentation);

// Whether there is one: FairPlay says nothing in MPDs.
bool HasDrmMpd(const Presentation& presentation);

}  // namespace usher::manifest
