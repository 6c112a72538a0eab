// The playlists and the MPD of an event that is going on, written anew with
// every segment.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/manifest/hls_manifests.h"
#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Stores the pieces one after another as one file. Each is stored as soon as it
// is written, in the order in which they must be, until one fails: all of them
// at once are many megabytes of an event that lasts a day.
using StoreManifest = std::function<Status(const std::string& path,
                                           std::span<const ByteView> pieces)>;

// Of one event, from its first segment to its last.
class LiveManifests {
 public:
  // What is written for good is put aside in files of `directory`; empty: in
  // memory.
  explicit LiveManifests(std::filesystem::path directory = {})
      : directory_(std::move(directory)) {}

  // `whole` has all segments so far, and says in `live` whether it has ended.
  // With a `window` master.m3u8 and the MPD list the newest segments, at least
  // three target durations of them, and master-event.m3u8 all; without one
  // master.m3u8 lists all. Once ended the sliding lists stay as they are, with
  // an end tag, and the MPD lists everything. Notes in `whole` whether its
  // lists stand beside sliding ones, and what is far behind the window becomes
  // its past.
  Status Write(Presentation& whole,
               const std::optional<std::chrono::microseconds>& window,
               const StoreManifest& store);

  // Low latency: those of them that list parts, for when there is a further
  // one.
  Status WriteParts(const Presentation& whole,
                    const std::optional<std::chrono::microseconds>& window,
                    const StoreManifest& store);

 private:
  Status StoreHls(const Presentation& presentation, const StoreManifest& store);
  Status StoreMedia(const Presentation& presentation, KeyFormat format,
                    const StoreManifest& store);
  Status StoreGrowing(const Presentation& presentation,
                      const TrackRecord& record, KeyFormat format,
                      const StoreManifest& store);

  std::filesystem::path directory_;
  // Lists that do not slide, by path.
  std::map<std::string, WrittenList> written_;
};

}  // namespace usher::manifest
