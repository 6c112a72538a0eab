// The DASH side of a presentation, as an MPD to be written.
#pragma once

#include "core/playlist/mpd.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Not for aes-128, which DASH players do not decrypt.
playlist::Mpd BuildMpd(const Presentation& presentation);

}  // namespace usher::manifest
