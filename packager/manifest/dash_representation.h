// What an MPD says of one track's media: codecs, picture, sound, colours and
// where a player may start. Stateless functions of their arguments
// (ISO/IEC 23009-1 5.3.7).
#pragma once

#include "core/playlist/mpd.h"
#include "packager/manifest/presentation.h"
#include "packager/track/track.h"

namespace usher::manifest {

// All but its segments. `target`: the seconds that the peak bit rate is
// measured over.
playlist::Representation RepresentationOf(const TrackRecord& record,
                                          const InitRecord& init,
                                          double target);

// Code points of ISO/IEC 23091-2 (DASH-IF IOP, "HDR"). A player that does not
// know PQ is to leave it alone: what it would show is grey.
void DescribeColour(const Colour& colour, playlist::AdaptationSet& set);

// 0 where a player cannot start with each of the segments.
unsigned SapTypeOf(const TrackRecord& record);

}  // namespace usher::manifest
