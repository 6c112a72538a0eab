// One encryption scheme's half of a presentation: init segments, segments,
// playlists, and the record of what was stored.
//
// Write may be called by several workers at once, each with its own number.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/fragment.h"
#include "packager/manifest/presentation.h"
#include "packager/pipeline/package_plan.h"
#include "packager/pipeline/text_plan.h"
#include "packager/pipeline/trick_play.h"
#include "packager/segment/segmenter.h"
#include "packager/storage/storage.h"

namespace usher {

class SchemeWriter {
 public:
  struct Place {
    std::string event;
    std::string directory;  // below the event; empty for the first scheme
    unsigned revision = 1;
    Container container = Container::kCmaf;
    std::optional<config::Date> began_at;
    // Where set, each track becomes a single file in it: that of Open.
    JoiningStorage* single_files = nullptr;
    std::span<const TrickPlay> trick_plays;  // where the scheme has an MPD
  };

  // Stores the init segments. `tracks`, trick plays, what `keys` refer to and
  // `storage` outlive the object; `keys` has one entry a track.
  static Result<std::unique_ptr<SchemeWriter>> Open(
      Scheme scheme, const Place& place, std::span<const PlannedTrack> tracks,
      std::span<const TrackKeys> keys, Storage& storage, size_t workers);

  // What all tracks have in common (manifest::Presentation).
  void Shape(std::vector<manifest::Break> breaks, bool aligned) {
    presentation_.breaks = std::move(breaks);
    presentation_.aligned = aligned;
  }

  // The fragment is used up.
  Status Write(size_t worker, size_t track, Fragment& fragment);
  // Stores a sprite sheet, before the playlists.
  Status WriteThumbnail(const manifest::ThumbnailRecord& record,
                        uint64_t number, ByteView jpeg);
  void SetThumbnails(const manifest::ThumbnailRecord& record) {
    presentation_.thumbnails = record;
  }
  // Stores the subtitles and every playlist, when all segments are. Returns the
  // paths below the event of those outside track directories, in the order they
  // were stored.
  Result<std::vector<std::string>> WritePlaylists(
      std::span<const PlannedText> texts);

  const manifest::Presentation& presentation() const { return presentation_; }
  // Paths below the event.
  std::vector<std::string> TrackDirectories() const;

 private:
  explicit SchemeWriter(Storage& storage) : storage_(storage) {}
  Result<manifest::TrackRecord> AddTrack(const Track& track,
                                         std::span<const TrackVariant> variants,
                                         const Place& place,
                                         const TrackKeys& keys);
  Status WriteTrickPlay(size_t worker, size_t track, const Fragment& fragment);
  Status JoinTracks();
  std::string PathOf(const std::string& path) const;

  Storage& storage_;
  std::string directory_;
  unsigned revision_ = 1;
  JoiningStorage* single_files_ = nullptr;
  manifest::Presentation presentation_;
  std::vector<std::vector<Segmenter>> segmenters_;  // by worker, track
  std::span<const TrickPlay> trick_plays_;  // whose segmenters are behind those
  std::mutex mutex_;                        // guards the records
};

}  // namespace usher
