// One encryption scheme's half of a live event: init segments as they become
// needed, segments, the record of both, and playlists. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/digest.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/live_cutter.h"
#include "packager/live/event_state.h"
#include "packager/manifest/live_manifests.h"
#include "packager/manifest/presentation.h"
#include "packager/segment/segmenter.h"
#include "packager/storage/storage.h"
#include "packager/track/media_time.h"

namespace usher::live {

class LiveScheme {
 public:
  struct Place {
    std::string event;
    std::string directory;  // below the event; empty for the first scheme
    // Other packagers may write the same files: a name tells what is in one.
    bool timecoded = false;
    // Of the machine: what memory is too small for lies there.
    std::filesystem::path aside = {};
  };

  // `storage` outlives the object.
  LiveScheme(Scheme scheme, const Place& place, Storage& storage);

  // A further track. What `keys` refer to outlives the object.
  void AddTrack(const Track& track, TrackKeys keys);
  // What an earlier run has published below `files`; empty: where nothing can
  // be read. Of a segment that was open its parts become all of it.
  void Restore(const SchemeState& state, const std::filesystem::path& files);
  // The tracks lack no segment up to `number`: what is missing is a gap. What
  // follows is announced.
  void FillUp(uint64_t number);
  // What is open becomes a gap.
  void DropOpen();
  // A gap in every track.
  void WriteGaps(uint64_t number, MediaTime begin, MediaTime end);
  // Removes what may lie there of segments behind the newest, up to `number`,
  // and parts that are in no list; at most so many a segment.
  void RemoveLeftovers(uint64_t number, size_t parts);

  // From segment `number` on the track has this configuration: stores an init
  // segment where it is another. `configured` outlives the object.
  Status Configure(size_t track, const Track& configured, uint64_t number);
  // From segment `number` on, which begins at `at`, each track has another key.
  // What those refer to outlives the object.
  Status Rotate(const std::vector<KeyPeriod>& by_track, MediaTime at);
  // Whether the track goes on with the same init segment.
  bool Continues(size_t track, const Track& configured) const;
  // The next segment, `number`, lies behind a discontinuity, or a gap.
  void BreakAt(uint64_t number, MediaTime at, manifest::Break::Kind kind);
  // A break behind every gap that a track comes back from. For that all tracks
  // must have got there.
  void BreakBehindGaps();
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
  // The same where an earlier run has done so with most.
  void RemoveLeftoverParts(double before);

  manifest::Presentation& presentation() { return presentation_; }

 private:
  struct Lane {
    explicit Lane(TrackKeys of_track) : keys(std::move(of_track)) {}
    TrackKeys keys;
    const Track* configured = nullptr;
    // Null where the init segment could not be stored: it is tried again.
    std::unique_ptr<Segmenter> segmenter;
    uint64_t first_with_parts = 1;  // on disk
  };

  // Stores the init segment that such a track needs under such a key.
  Result<manifest::InitRecord> StoreInit(size_t track, const Track& configured,
                                         size_t period, uint64_t number);
  // Which of its init segments a segment of the track needs.
  size_t InitOf(size_t track, uint64_t number) const;
  void Announce(size_t track, uint64_t number);
  using Removal = Status (Storage::*)(std::string_view);
  void RemovePartsBy(Removal remove, double before);
  bool ComesBack(uint64_t number) const;
  bool CanWrite(const LiveCutter::Cut& cut);
  void DateFragment(LiveCutter::Cut& cut) const;
  bool HasInitFor(size_t track, const Track& configured, uint64_t number) const;
  void RestoreOpen(size_t track, const std::filesystem::path& files);
  // The whole of a segment out of its parts' files.
  Result<uint64_t> JoinStored(size_t track, const manifest::SegmentRecord& open,
                              const std::filesystem::path& files);
  void CheckStored(size_t track, const std::filesystem::path& files);
  Status WriteWhole(LiveCutter::Cut& cut);
  Status WritePart(LiveCutter::Cut& cut);
  Status Join(size_t track);
  // The segment was not stored: its place becomes a gap.
  void WriteGap(size_t track, uint64_t number, MediaTime begin, MediaTime end);
  void WriteGap(const LiveCutter::Cut& cut) {
    WriteGap(cut.track, cut.fragment.number, cut.begin, cut.end);
  }
  Status Store(const std::string& path, std::span<const ByteView> pieces);
  manifest::StoreManifest Storing();
  std::string PathOf(const std::string& path) const;

  Storage& storage_;
  std::string directory_;
  bool timecoded_;
  std::filesystem::path aside_;
  manifest::Presentation presentation_;
  manifest::LiveManifests manifests_;
  std::vector<Lane> lanes_;
  uint64_t judged_ = 0;  // so far BreakBehindGaps went
  // SHA-256 of what was stored, by path: a list of a day is megabytes.
  std::map<std::string, crypto::Sha256Digest> published_;
};

}  // namespace usher::live
