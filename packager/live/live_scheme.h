// One encryption scheme's half of a live event: init segments as they become
// needed, segments, the record of both, and playlists. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/live_cutter.h"
#include "packager/manifest/manifests.h"
#include "packager/manifest/presentation.h"
#include "packager/segment/segmenter.h"
#include "packager/storage/storage.h"

namespace usher::live {

class LiveScheme {
 public:
  struct Place {
    std::string event;
    std::string directory;  // below the event; empty for the first scheme
  };

  // `storage` outlives the object.
  LiveScheme(Scheme scheme, const Place& place, Storage& storage);

  // A further track. What `keys` refer to outlives the object.
  void AddTrack(const Track& track, TrackKeys keys);
  // From here on the track has this configuration: stores an init segment where
  // it is another. `configured` outlives the object.
  Status Configure(size_t track, const Track& configured);
  // Stores the segment or part, or notes the gap; what fails becomes one.
  // Encrypts `cut` in place.
  Status Write(LiveCutter::Cut& cut);
  // What was noted last becomes part of every list.
  Status Publish(const manifest::LiveState& state,
                 const std::optional<std::chrono::microseconds>& window);

  // Low latency: a further part becomes part of the lists that name parts.
  Status PublishParts(const std::optional<std::chrono::microseconds>& window);
  // Removes the files of parts that end before that, seconds on the track's
  // line. They are in their segments.
  void RemoveParts(double before);

  manifest::Presentation& presentation() { return presentation_; }

 private:
  struct Lane {
    TrackKeys keys;
    const Track* configured = nullptr;
    std::unique_ptr<Segmenter> segmenter;
    uint64_t first_with_parts = 1;  // on disk
  };

  Status WriteWhole(LiveCutter::Cut& cut);
  Status WritePart(LiveCutter::Cut& cut);
  Status Join(size_t track);
  // The segment was not stored: its place becomes a gap.
  void WriteGap(const LiveCutter::Cut& cut);
  Status Store(std::vector<manifest::ManifestFile> files);
  std::string PathOf(const std::string& path) const;

  Storage& storage_;
  std::string directory_;
  manifest::Presentation presentation_;
  std::vector<Lane> lanes_;
  std::map<std::string, std::string> published_;  // texts by path
};

}  // namespace usher::live
