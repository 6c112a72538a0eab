// One rendition as a manifest tells it: an HLS media playlist or a DASH
// representation, in one form, so that what is judged is judged once. Plain
// data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/aes.h"
#include "core/playlist/hls_reader.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

enum class Protocol { kHls, kDash };

// EXT-X-KEY of METHOD=AES-128, as it applies to one resource.
struct WholeFileKey {
  std::string location;  // of the key; empty: the URI leads nowhere
  std::string place;     // as shown
  crypto::AesBlock iv{};
  bool explicit_iv = false;
};

// A file, or a range of one.
struct ResourceEntry {
  std::string location;    // absolute
  std::string place;       // as shown: "v720/3.m4s"
  std::string written_at;  // where it is named: "v720/media.m3u8:14"
  std::optional<playlist::ByteRange> range;
  std::optional<WholeFileKey> key;
};

struct SegmentEntry {
  ResourceEntry resource;
  uint64_t number = 0;          // media sequence number, $Number$
  double duration = 0;          // as told, seconds
  double precision = 0.001;     // to which `duration` is told, seconds
  std::optional<double> start;  // as told, on the media's own timeline
  // `duration` is an average that all segments share (DASH @duration).
  bool nominal = false;
  bool discontinuity = false;
  bool gap = false;
  // A sequence of files, which together are the segment (DASH S@k); empty:
  // `resource` is.
  std::vector<ResourceEntry> sequence;
  std::optional<size_t> header;  // index into Rendition::headers
  std::vector<size_t> keys;      // HLS: indices into the playlist's keys
};

struct Rendition {
  Protocol protocol = Protocol::kHls;
  std::string place;
  bool i_frames_only = false;
  // What is claimed: every segment starts with a key frame.
  bool key_frames_claimed = false;
  std::vector<ResourceEntry> headers;  // init segments
  std::vector<SegmentEntry> segments;
};

}  // namespace usher::inspect
