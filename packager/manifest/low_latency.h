// What low latency adds to a media playlist: parts, the hint of the next one,
// and how far the other renditions have come (rfc8216bis 4.4.3.7, 4.4.4.9,
// 4.4.5.3, 4.4.5.4).
#pragma once

#include "core/playlist/media_playlist.h"
#include "packager/manifest/hls_manifests.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Whether the playlist of `record` lists parts.
bool HasParts(const Presentation& presentation, const TrackRecord& record);

// The parts of a segment, as playlists name them.
std::vector<playlist::HlsPart> PartsOf(const TrackRecord& record,
                                       const SegmentRecord& segment);

// How many of the record's segments, from the first, no list names parts of any
// more. They stay as they are.
size_t SettledSegments(const Presentation& presentation,
                       const TrackRecord& record);

// Adds parts to the newest segments of `list`, which has at least those of the
// record that are not settled, and to `open` those of the segment that is not
// whole yet.
void AddLowLatency(const Presentation& presentation, const TrackRecord& record,
                   KeyFormat format, playlist::HlsSegment open,
                   playlist::MediaPlaylist& list);

}  // namespace usher::manifest
