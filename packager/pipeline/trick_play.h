// Trick play in DASH: the first picture of each segment as a track of its own,
// which a player winds through (DASH-IF IOP 4.3, 3.2.9). HLS needs none, for
// its playlists tell where those pictures lie.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "packager/fragment/fragment.h"
#include "packager/pipeline/key_groups.h"
#include "packager/pipeline/package_plan.h"
#include "packager/track/track.h"

namespace usher {

struct TrickPlay {
  Track track;    // "v360-trick"
  size_t of = 0;  // index of its video into the plan's tracks
  std::vector<TrackVariant> variants = {};  // as the video's
};

// Of the videos that one adaptation set holds (one codec, the same colours, the
// same keys) the smallest: it is wound through. Its name joins the group, for
// it has IVs of its own under the video's keys.
std::vector<TrickPlay> PlanTrickPlay(std::span<const PlannedTrack> tracks,
                                     std::span<KeyGroup> groups);

// The first picture alone, for as long as the fragment lasts; nothing where it
// does not decode alone.
std::optional<Fragment> KeyPictureOf(const Fragment& fragment);

}  // namespace usher
