// The HLS side of a presentation, as playlists to be written.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/spill_buffer.h"
#include "core/playlist/media_playlist.h"
#include "core/playlist/multivariant_playlist.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Which players a set of playlists speaks to. The segments are the same; one
// set cannot name all key formats, because hls.js and shaka-player then refuse
// it.
enum class KeyFormat {
  kIdentity,  // master.m3u8: the key by URL
  kClearKey,  // master-clearkey.m3u8: the KID, for EME (cbcs and cenc only)
  kDrm,       // master-drm.m3u8: those of DRM systems, where there are any
};

playlist::MediaPlaylist BuildMediaPlaylist(const Presentation& presentation,
                                           const TrackRecord& record,
                                           KeyFormat format);

// The beginning of a list of everything, which no more can change: what is far
// enough behind has lost its parts.
struct WrittenList {
  explicit WrittenList(std::filesystem::path directory)
      : text(std::move(directory)) {}

  playlist::WrittenSegments lines;
  SpillBuffer text;                  // those lines
  size_t segments = 0;               // of the record
  std::optional<SegmentFacts> last;  // of them
};

// The same, of which what can no more change is written once. `written` belongs
// to this list, and outlives what is returned. Fails where the past cannot be
// read.
Result<playlist::MediaPlaylist> BuildGrowingPlaylist(
    const Presentation& presentation, const TrackRecord& record,
    KeyFormat format, WrittenList& written);

// Of a video track: the first picture of each segment that begins with a key
// frame, as a byte range. Each lasts until the next one.
playlist::MediaPlaylist BuildIFramePlaylist(const Presentation& presentation,
                                            const TrackRecord& record,
                                            KeyFormat format);
// Whether any DRM system is spoken to in HLS.
bool HasDrmKeys(const Presentation& presentation);
bool HasIFrames(const TrackRecord& record);

playlist::MultivariantPlaylist BuildMultivariantPlaylist(
    const Presentation& presentation, KeyFormat format);

// "v720/media.m3u8", relative to master.m3u8.
std::string MediaPlaylistPath(const TrackRecord& record, KeyFormat format);
// "v720/iframes.m3u8".
std::string IFramePlaylistPath(const TrackRecord& record, KeyFormat format);

}  // namespace usher::manifest
