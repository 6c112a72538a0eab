// What was packaged, as data: the record of tracks and segments from which the
// HLS playlists and the MPD are written. Filled in as segments are stored.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/aes.h"
#include "core/keys/key_id.h"
#include "packager/config/container.h"
#include "packager/encrypt/drm/drm_signal.h"
#include "packager/encrypt/protection.h"
#include "packager/encrypt/track_keys.h"
#include "packager/manifest/past_segments.h"
#include "packager/manifest/segment_record.h"
#include "packager/track/media_time.h"
#include "packager/track/track.h"

namespace usher::manifest {

// An init segment of a track: what its segments need to be read.
struct InitRecord {
  std::string file;                           // "init.mp4", "init-2.mp4"
  std::optional<TrackProtection> protection;  // cbcs, cenc; none: clear
  std::optional<Track> track = std::nullopt;  // where it is not as it was first
  uint64_t first_number = 1;                  // of the segments it is for
};

// Init segment, index and all segments of a track, one after another.
struct SingleFile {
  std::string name;  // "v720.mp4"
  uint64_t init_bytes = 0;
  uint64_t index_bytes = 0;
};

struct TrackRecord {
  Track track;
  std::string directory;             // "v720", "v720.2"
  std::string extension;             // "m4s"
  std::vector<InitRecord> inits;     // none in MPEG-TS
  std::vector<Track> variants = {};  // how else it is coded on the way
  std::optional<SingleFile> single_file = std::nullopt;
  // A long event's first; none of them has parts.
  PastSegments past = PastSegments();
  std::vector<SegmentRecord> segments;  // all others
  // Low latency: the segment behind those, as far as its parts go. Before the
  // first it has a number and a key.
  SegmentRecord open = {};
  // Of a live event: its list of everything, beside one that slides, which has
  // the usual names.
  bool beside_sliding = false;
  // Pictures of some segment carry closed captions, listed or not.
  bool captions = false;

  void Add(SegmentRecord segment) {
    captions = captions || segment.captions;
    segments.push_back(std::move(segment));
  }

  bool HasSegments() const { return SegmentCount() > 0; }
  size_t SegmentCount() const { return past.size() + segments.size(); }
  // The first of all; there is one.
  const SegmentFacts& First() const {
    return past.empty() ? segments.front() : past.first();
  }
};

// Subtitles: the same cues in WebVTT segments for HLS and as wvtt for DASH.
struct TextRecord {
  std::string label;  // as a viewer reads it; empty: by language
  bool is_default = false;
  bool forced = false;  // shown without being asked for
  TrackRecord hls;      // .vtt: no init segments, never encrypted
  TrackRecord dash;     // .m4s; no segments where there is no MPD
};

// Sprite sheets for the seek bar: sheet n, from 1, is n.jpg.
struct ThumbnailRecord {
  std::string directory;  // "thumbnails"
  uint32_t tile_width = 0;
  uint32_t tile_height = 0;
  uint32_t columns = 0;
  uint32_t rows = 0;
  std::chrono::milliseconds interval{};  // from one picture to the next
  std::chrono::milliseconds film{};      // how long it lasts
  std::vector<uint64_t> sheets;          // bytes of each

  std::chrono::milliseconds SheetDuration() const {
    return interval * columns * rows;
  }
  // Of the largest sheet, in bits per second.
  uint64_t Bandwidth() const;
};

// Trick play in DASH: the key pictures of a video alone, one a segment, each
// shown as long as its segment lasts.
struct TrickPlayRecord {
  std::string of;  // the video's directory
  TrackRecord pictures;
};

// Where one stretch of the presentation ends and the next begins, in every
// track: a new Period in DASH.
struct Break {
  enum class Kind {
    kCryptoPeriod,   // another init segment; time and decoding go on
    kDiscontinuity,  // the input jumped: EXT-X-DISCONTINUITY in HLS
    kGap,            // a track had one: nobody looks for its files in DASH
  };
  Kind kind = Kind::kCryptoPeriod;
  uint64_t number = 0;  // of the first segment behind it
  MediaTime at;         // on the time line of presentation_time_offset

  bool operator==(const Break&) const = default;
};

// From a segment on, dates are later than media time tells: its clock is the
// encoder's, and may be slow or fast.
struct DateShift {
  uint64_t first_number = 1;
  std::chrono::milliseconds by{};

  bool operator==(const DateShift&) const = default;
};

// What playlists say of a presentation that is still going on, or was.
struct LiveState {
  // Of every playlist, from the first to the last (rfc8216bis 6.2.1), seconds.
  uint64_t target_duration = 1;
  bool ended = false;
  // Only the newest segments are listed; others were.
  bool sliding = false;
  // Where they are: how long they last once there are enough. It says so from
  // the beginning: dash.js gives up a list that is older than its window.
  std::chrono::microseconds window{};
  std::chrono::sys_time<std::chrono::milliseconds> published;
  // Low latency: no part is longer, and it never changes. Zero: no parts.
  std::chrono::milliseconds part_target{};
  // Keys change on the way: what is not there yet may want another init
  // segment, so that nobody can be told of it.
  bool rotates_keys = false;
  // Nobody publishes: what comes next, and when, is not known.
  bool waits = false;
};

struct Presentation {
  std::string event;
  Scheme scheme = Scheme::kAes128;
  Container container = Container::kCmaf;
  // Directories between <event>/ and this scheme's master.m3u8: 0 or 1.
  unsigned depth = 0;
  std::vector<TrackRecord> tracks;  // video by descending bandwidth, audio
  std::vector<TextRecord> texts;
  std::vector<TrickPlayRecord> trick_plays;  // told by the MPD alone
  std::optional<ThumbnailRecord> thumbnails;
  std::vector<Break> breaks;  // rising; none: one stretch
  bool aligned = true;  // segment n begins at one time in all video tracks
  // When the presentation began, where the user said so.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> began_at;
  std::vector<DateShift> date_shifts;  // rising
  std::optional<LiveState> live;       // none: a film
  DrmSignalsByKid drm;                 // none: no DRM system is spoken to
  DrmSignalsByKid init_drm;            // of all keys behind an init, by its KID

  // DASH players decrypt no whole segments, and few of them read MPEG-TS.
  bool HasMpd() const {
    return scheme != Scheme::kAes128 && container == Container::kCmaf;
  }
};

// Notes what DRM systems are told of a track's keys.
inline void AddDrm(const TrackKeys& keys, Presentation& presentation) {
  for (const KeyPeriod& period : keys) {
    if (period.drm.empty()) continue;
    presentation.drm[period.key->kid] = period.drm;
    if (period.same_init) continue;
    presentation.init_drm[period.key->kid] = period.init_drm;
  }
}

}  // namespace usher::manifest
