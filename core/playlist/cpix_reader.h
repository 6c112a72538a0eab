// Reads a CPIX document (DASH-IF Content Protection Information Exchange 2.3):
// content keys, which tracks they are for, and what DRM systems are told.
//
// Strict where HLS and MPD readers are forgiving, for a key that is read wrong
// locks a film: what is unknown but harmless is left out, what would change a
// meaning is refused. Keys must be in the clear; there is no recipient key that
// would open others. No entity is resolved and nothing is fetched.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher::playlist {

// ContentKey.
struct CpixKey {
  std::string kid;  // 32 lower-case hex digits
  SecretBytes key;  // 16 bytes
  // Of 16 bytes: the constant IV under cbcs.
  std::optional<Bytes> explicit_iv = std::nullopt;
  std::string scheme;  // @commonEncryptionScheme; empty: not said
};

// What HLSSignalingData or URIExtXKey says for media playlists.
struct CpixHlsKey {
  std::string uri;
  std::string key_format;  // empty: the system's own
  std::string key_format_versions = "1";
};

// DRMSystem.
struct CpixSystem {
  std::string kid;
  std::string system_id;  // a UUID, lower case
  Bytes pssh;             // the whole box; empty: none
  Bytes playready_object;
  std::string licence_url;
  std::optional<CpixHlsKey> hls;
};

// Bounds of a filter; what is not said does not bound.
struct CpixRange {
  uint64_t least = 0;
  uint64_t most = UINT64_MAX;
};

// VideoFilter. Pixels are of the coded picture; rates are above `above_fps` and
// up to `most_fps`.
struct CpixVideoFilter {
  CpixRange pixels;
  double above_fps = -1;
  double most_fps = 1e9;
};

// ContentKeyUsageRule: for tracks that match one of each kind of filter there
// is.
struct CpixRule {
  std::string kid;
  std::string track_type;  // @intendedTrackType
  std::vector<CpixVideoFilter> video;
  std::vector<CpixRange> audio;  // channels
  std::vector<std::string> labels;
  std::vector<std::string> periods;  // ids of ContentKeyPeriod
  // A filter that was read by name only: "BitrateFilter"; empty: none.
  std::string unknown_filter;
};

struct CpixDocument {
  std::string content_id;  // empty: not said
  std::vector<CpixKey> keys;
  std::vector<CpixSystem> systems;
  std::vector<std::string> periods;  // ids, by @index
  std::vector<CpixRule> rules;
};

// The document's text is used up, and wiped with its bytes. Errors (BadInput)
// name the element; `where` is empty. None holds a part of a key.
Result<CpixDocument> ReadCpix(SecretBytes text);

}  // namespace usher::playlist
