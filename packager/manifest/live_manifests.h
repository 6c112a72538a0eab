// The playlists and the MPD of an event that is going on, written anew with
// every segment.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "packager/manifest/manifests.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// `whole` has all segments so far, and says in `live` whether it has ended.
// With a `window` master.m3u8 and the MPD list the newest segments, at least
// three target durations of them, and master-event.m3u8 all; without one
// master.m3u8 lists all. Once ended the sliding lists stay as they are, with
// an end tag, and the MPD lists everything. In the order in which they must be
// stored.
std::vector<ManifestFile> WriteLiveManifests(
    const Presentation& whole,
    const std::optional<std::chrono::microseconds>& window);

// Low latency: those of them that list parts, for when there is a further one.
std::vector<ManifestFile> WritePartManifests(
    const Presentation& whole,
    const std::optional<std::chrono::microseconds>& window);

}  // namespace usher::manifest
