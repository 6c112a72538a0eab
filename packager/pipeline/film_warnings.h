// What a creator should hear of a film that can be packaged, but that viewers
// may not see as it is meant. Pure functions; each answer is one line with the
// remedy, or nothing.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "packager/fragment/cut_plan.h"
#include "packager/track/media_time.h"
#include "packager/track/track.h"

namespace usher {

// H.264 and HEVC of a profile for editing, as FFmpeg makes from sources of more
// than 8 bits or of full colour: few devices of viewers decode it.
std::optional<std::string> WarningOfProfile(const Track& track);

// Renditions that end at unlike times: a player that switches falls off.
std::optional<std::string> WarningOfEnds(std::span<const KeyFrames> renditions);

// Segments much longer than `segment_seconds`, for want of key frames, in a
// film that begins at `start`. None of a film without pictures.
std::optional<std::string> WarningOfLongSegments(
    const CutPlan& cuts, MediaTime start, std::span<const KeyFrames> renditions,
    double segment_seconds);

}  // namespace usher
