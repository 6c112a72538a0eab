// Reads an HLS playlist, anyone's, as data (rfc8216bis section 4.4).
//
// Forgiving: it takes any text, keeps what it understands, and lists what
// breaks a MUST. The writers' model (media_playlist.h) is what we write; this
// is what others may have written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/playlist/byte_range.h"
#include "core/playlist/hls_lines.h"

namespace usher::playlist {

// EXT-X-KEY, as written.
struct ReadKey {
  size_t line = 0;
  std::string method;  // "NONE", "AES-128", "SAMPLE-AES", ...
  std::string uri;
  std::optional<std::array<uint8_t, 16>> iv;
  std::string key_format = "identity";
};

// EXT-X-MAP.
struct ReadMap {
  size_t line = 0;
  std::string uri;
  std::optional<ByteRange> range;
  std::vector<size_t> keys;  // in force where it stands
};

// EXT-X-PART.
struct ReadPart {
  size_t line = 0;
  std::string uri;
  std::optional<ByteRange> range;
  double duration = 0;
  bool independent = false;
  bool gap = false;
  std::vector<size_t> keys;   // in force where it stands
  std::optional<size_t> map;  // likewise
};

// EXT-X-PRELOAD-HINT.
struct ReadHint {
  size_t line = 0;
  std::string type;  // "PART" or "MAP"
  std::string uri;
};

// EXT-X-RENDITION-REPORT.
struct ReadReport {
  size_t line = 0;
  std::string uri;
  std::optional<uint64_t> last_number;
  std::optional<uint64_t> last_part;
};

struct ReadSegment {
  size_t line = 0;  // of the URI
  std::string uri;
  double duration = 0;      // EXTINF, seconds
  bool fractional = false;  // EXTINF has a decimal point
  std::optional<ByteRange> range;
  uint64_t number = 0;           // media sequence number
  uint64_t discontinuities = 0;  // discontinuity sequence number
  bool discontinuity = false;    // EXT-X-DISCONTINUITY in front of it
  bool gap = false;
  std::optional<int64_t> date;  // EXT-X-PROGRAM-DATE-TIME, Unix ms
  std::vector<size_t> keys;     // those in force, indices into `keys`
  std::optional<size_t> map;    // index into `maps`
  std::vector<ReadPart> parts;
};

// EXT-X-SERVER-CONTROL and EXT-X-PART-INF.
struct LowLatency {
  bool can_block_reload = false;
  std::optional<double> hold_back;
  std::optional<double> part_hold_back;
  std::optional<double> part_target;
  std::optional<double> can_skip_until;
};

struct ReadMediaPlaylist {
  std::optional<uint64_t> target_duration;
  uint64_t media_sequence = 0;
  uint64_t discontinuity_sequence = 0;
  std::string type;  // "VOD", "EVENT" or empty
  bool end_list = false;
  bool i_frames_only = false;
  LowLatency low_latency;
  std::vector<ReadKey> keys;
  std::vector<ReadMap> maps;
  std::vector<ReadSegment> segments;
  ReadSegment open;  // behind them: parts of a segment that is not whole yet
  std::vector<ReadHint> hints;
  std::vector<ReadReport> reports;
};

// EXT-X-MEDIA, EXT-X-STREAM-INF and EXT-X-I-FRAME-STREAM-INF keep their
// attributes; `uri` is the line behind a STREAM-INF.
struct ReadVariant {
  HlsLine tag;
  std::string uri;
};

struct ReadMultivariantPlaylist {
  std::vector<HlsLine> renditions;
  std::vector<ReadVariant> variants;
  std::vector<HlsLine> i_frame_variants;
  std::vector<HlsLine> image_variants;  // EXT-X-IMAGE-STREAM-INF
  std::vector<HlsLine> session_keys;
};

struct HlsDocument {
  bool multivariant = false;  // else a media playlist
  unsigned version = 1;
  unsigned needed_version = 1;  // by what is used (section 8)
  std::string needed_for;       // the feature that needs it
  bool independent_segments = false;
  ReadMediaPlaylist media;
  ReadMultivariantPlaylist presentation;
  std::vector<ReadProblem> problems;
};

HlsDocument ReadHls(std::string_view text);

// "640x360".
struct PictureSize {
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const PictureSize&) const = default;
};
std::optional<PictureSize> ParseResolution(std::string_view text);
std::optional<uint64_t> ParseInteger(std::string_view text);
std::optional<double> ParseDecimal(std::string_view text);
// ISO 8601 with a time zone; Unix milliseconds.
std::optional<int64_t> ParseDate(std::string_view text);

}  // namespace usher::playlist
