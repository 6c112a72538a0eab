// An HLS multivariant playlist as data, and its text (rfc8216bis 4.4.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/playlist/hls_key.h"

namespace usher::playlist {

// EXT-X-MEDIA of type AUDIO.
struct AudioRendition {
  std::string group;
  std::string name;      // unique in its group; a player's menu shows it
  std::string language;  // BCP 47; empty where unknown
  bool is_default = false;
  bool autoselect = true;
  std::string characteristics;  // empty: none
  std::string channels;         // "2", "16/JOC"; empty where unknown
  std::string uri;
};

// EXT-X-MEDIA of type SUBTITLES.
struct SubtitleRendition {
  std::string group;
  std::string name;      // unique in its group
  std::string language;  // BCP 47; empty where unknown
  bool is_default = false;
  bool forced = false;          // shown without being asked for
  std::string characteristics;  // empty: none
  std::string uri;
};

// EXT-X-STREAM-INF.
struct Variant {
  uint64_t bandwidth = 0;          // peak, bits per second
  uint64_t average_bandwidth = 0;  // bits per second
  std::string codecs;
  uint32_t width = 0;  // 0: no video
  uint32_t height = 0;
  double frame_rate = 0;                 // 0: unknown
  std::string video_range = {};          // "PQ", "HLG", "SDR"; empty: unknown
  std::string supplemental_codecs = {};  // empty: none
  std::string audio_group;               // empty: none
  std::string subtitle_group = {};       // empty: none
  bool no_captions = false;  // CLOSED-CAPTIONS=NONE: players need not look
  std::string uri;
};

// EXT-X-I-FRAME-STREAM-INF.
struct IFrameVariant {
  uint64_t bandwidth = 0;          // peak, bits per second
  uint64_t average_bandwidth = 0;  // bits per second
  std::string codecs;
  std::string video_range = {};          // as in Variant
  std::string supplemental_codecs = {};  // empty: none
  uint32_t width = 0;
  uint32_t height = 0;
  std::string uri;
};

// EXT-X-IMAGE-STREAM-INF, of the image media playlist extension.
struct ImageVariant {
  uint64_t bandwidth = 0;
  uint32_t width = 0;  // of one picture
  uint32_t height = 0;
  std::string uri;
};

struct MultivariantPlaylist {
  // That of the media playlists it leads to, so that a player that cannot read
  // those stops here.
  uint64_t version = 1;
  bool independent_segments = false;
  // Those the media playlists name, so that a player can ask for them at once.
  std::vector<HlsKey> session_keys;
  std::vector<AudioRendition> audio;
  std::vector<SubtitleRendition> subtitles;
  std::vector<Variant> variants;
  std::vector<IFrameVariant> i_frame_variants;
  std::vector<ImageVariant> image_variants;
};

std::string Write(const MultivariantPlaylist& playlist);

}  // namespace usher::playlist
