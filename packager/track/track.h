// A track as every stage to the right of the input sees it: plain data.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "packager/track/codec.h"
#include "packager/track/picture.h"

namespace usher {

enum class TrackKind { kVideo, kAudio, kText };

struct Track {
  TrackKind kind = TrackKind::kVideo;
  Codec codec = Codec::kH264;
  std::string name;        // directory: "v720", "a-eng"
  std::string language;    // BCP 47; "und" where unknown
  std::string role;        // DASH role: "main", "alternate", ...
  uint32_t timescale = 0;  // ticks per second of every time of this track
  // Where the presentation starts on this track's timeline: the MPD's
  // presentationTimeOffset. Not zero where samples lie in front of the first
  // one to be presented (docs/architecture.md, "Timeline").
  uint64_t presentation_time_offset = 0;
  // The body of the codec's configuration box (packager/track/codec.h); of
  // AAC, whose box has more in it, the AudioSpecificConfig (ISO/IEC 14496-3
  // 1.6.2.1).
  Bytes decoder_config;
  std::string codecs;  // RFC 6381: "avc1.64001f", "mp4a.40.2"

  // Video
  uint32_t width = 0;  // coded picture after cropping
  uint32_t height = 0;
  uint32_t sar_num = 1;  // sample (pixel) aspect ratio
  uint32_t sar_den = 1;
  uint16_t rotation = 0;  // clockwise, when shown: 0, 90, 180 or 270 degrees
  Colour colour;
  PictureBoxes picture_boxes;
  uint32_t frame_rate_num = 0;  // 0 where unknown or variable
  uint32_t frame_rate_den = 1;
  // How far decoding runs ahead of presentation, in ticks: B-frames. Keeps
  // composition offsets from being negative, which FFmpeg reads wrongly.
  uint32_t decode_delay = 0;

  // Audio
  uint32_t sample_rate = 0;
  uint32_t channels = 0;
  // AC-3 and E-AC-3: where they are (ETSI TS 102 366 table E.1.4), and how many
  // objects Dolby Atmos has at most; 0: no Atmos.
  uint16_t speaker_locations = 0;
  uint8_t objects = 0;

  bool IsTurnedSideways() const { return rotation == 90 || rotation == 270; }
  PictureSize ShownSize() const;
  // Dolby Vision above a base layer anyone can show: "dvh1.08.07/db4h"
  // (RFC 8216bis 4.4.6.2). Empty where there is none.
  std::string SupplementalCodecs() const;
};

}  // namespace usher
