// Which keys of a CPIX document a track gets: its usage rules, applied.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/keys/key_id.h"
#include "core/playlist/cpix_reader.h"
#include "packager/track/track.h"

namespace usher {

// One a key period, in order; one where the document has no periods. Fails
// (BadInput) where there is not exactly one.
//
// A rule is for a track that matches one of its filters for that kind of
// media, and one of its labels (the track's name) where it has any. Without
// filters @intendedTrackType decides: AUDIO, VIDEO, SD, HD, UHD, ALL.
Result<std::vector<keys::KeyId>> CpixKidsFor(
    const Track& track, const playlist::CpixDocument& document);

// Fails (BadInput) where a PSSH is no box of its system, or one key is for
// other DRM systems than another: players would take its segments for clear.
Status CheckCpixSystems(const playlist::CpixDocument& document);

}  // namespace usher
