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
  // Stores the segment, or notes the gap. Encrypts `cut` in place.
  Status Write(size_t track, LiveCutter::Cut& cut);
  // The segment could not be stored: its place becomes a gap.
  void WriteGap(size_t track, const LiveCutter::Cut& cut);
  // What was noted last becomes part of every list.
  Status Publish(const manifest::LiveState& state,
                 const std::optional<std::chrono::microseconds>& window);

  manifest::Presentation& presentation() { return presentation_; }

 private:
  struct Lane {
    TrackKeys keys;
    const Track* configured = nullptr;
    std::unique_ptr<Segmenter> segmenter;
  };

  std::string PathOf(const std::string& path) const;

  Storage& storage_;
  std::string directory_;
  manifest::Presentation presentation_;
  std::vector<Lane> lanes_;
  std::map<std::string, std::string> published_;  // texts by path
};

}  // namespace usher::live
