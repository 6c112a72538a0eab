// An HLS media playlist as data, and its text (rfc8216bis 4.4.3, 4.4.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/playlist/byte_range.h"
#include "core/playlist/hls_key.h"
#include "core/playlist/hls_text.h"

namespace usher::playlist {

// Low latency: a piece of a segment that can be had before all of it
// (EXT-X-PART, 4.4.4.9).
struct HlsPart {
  std::string uri;
  std::chrono::microseconds duration{};
  bool independent = false;  // begins with a key frame
  bool gap = false;          // there is no such file
};

// Keys and map are written where they differ from the last segment's.
struct HlsSegment {
  std::string uri;
  std::chrono::microseconds duration{};
  // One for each key system, all of them leading to the same key; none: clear.
  std::vector<HlsKey> keys;
  // Of its init segment, which is clear: it is named before any EXT-X-KEY or
  // behind one of METHOD=NONE. Empty: none.
  std::string map_uri;
  bool discontinuity = false;  // from the segment in front of it
  bool gap = false;            // there is no such file (EXT-X-GAP)
  // Of `uri`. Under AES-128 it counts bytes of plaintext (6.2.3).
  std::optional<ByteRange> range = std::nullopt;
  std::optional<ByteRange> map_range = std::nullopt;  // of `map_uri`
  std::vector<HlsPart> parts = {};
  // When it was, EXT-X-PROGRAM-DATE-TIME.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> date =
      std::nullopt;
};

enum class PlaylistType {
  kVod,
  kEvent,    // grows
  kSliding,  // grows, and loses its first segments
};

// How far another rendition has come (EXT-X-RENDITION-REPORT, 4.4.5.4).
struct RenditionReport {
  std::string uri;
  uint64_t last_number = 0;
  std::optional<uint64_t> last_part = std::nullopt;
};

struct HlsLowLatency {
  std::chrono::milliseconds part_target{};  // of every playlist, for good
  HlsSegment open;           // which has no URI yet: its parts, and their key
  std::string preload_hint;  // the part that comes next
  std::vector<RenditionReport> reports;
};

// What a player holds while it reads on: the last keys and map.
class InForce {
 public:
  // Writes what `segment` has otherwise.
  void Change(const HlsSegment& segment, HlsText& text);

 private:
  void SetKeys(const std::vector<HlsKey>& keys, HlsText& text);

  std::vector<HlsKey> keys_;
  std::string map_uri_;
};

// Segments that were written once and for all: a list that grows for a day is
// not written from its beginning each time.
class WrittenSegments {
 public:
  // The lines of a further one.
  std::string Write(const HlsSegment& segment);

  const InForce& in_force() const { return in_force_; }
  uint64_t version() const { return version_; }  // as VersionOf

 private:
  InForce in_force_;
  uint64_t version_ = 1;
};

struct MediaPlaylist {
  PlaylistType type = PlaylistType::kVod;
  bool ended = true;             // EXT-X-ENDLIST
  uint64_t target_duration = 1;  // seconds; see TargetDuration
  uint64_t first_number = 1;     // EXT-X-MEDIA-SEQUENCE
  // Of the first segment: EXT-X-DISCONTINUITY-SEQUENCE.
  uint64_t discontinuity_sequence = 0;
  bool i_frames_only = false;  // each segment is the range of one picture
  // Those in front of `segments`; null: none. Outlives the playlist.
  const WrittenSegments* written = nullptr;
  std::vector<HlsSegment> segments;
  std::optional<HlsLowLatency> low_latency = std::nullopt;
};

// What stands in front of the segments that are written already, and behind.
struct PlaylistText {
  std::string head;
  std::string tail;
};
PlaylistText WriteAround(const MediaPlaylist& playlist);
// All of one of which nothing is.
std::string Write(const MediaPlaylist& playlist);

// The lowest EXT-X-VERSION whose players understand all it uses (section 8).
uint64_t VersionOf(const MediaPlaylist& playlist);

// The smallest EXT-X-TARGETDURATION that a segment of `longest` allows:
// rounded to the nearest second, and at least 1 (rfc8216bis 4.4.3.1).
uint64_t TargetDuration(std::chrono::microseconds longest);

}  // namespace usher::playlist
