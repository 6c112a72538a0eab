// What was packaged, as data: the record of tracks and segments from which the
// HLS playlists and the MPD are written. Filled in as segments are stored.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/aes.h"
#include "core/keys/key_id.h"
#include "packager/encrypt/protection.h"
#include "packager/track/track.h"

namespace usher::manifest {

struct SegmentRecord {
  uint64_t number = 0;
  uint64_t start = 0;     // earliest presentation time, track timescale
  uint64_t duration = 0;  // track timescale
  uint64_t bytes = 0;     // as stored
  bool starts_with_key = true;
  std::optional<crypto::AesBlock> iv;  // aes-128
};

struct TrackRecord {
  Track track;
  std::string directory;                      // "v720", "v720.2"
  std::string extension;                      // "m4s"
  std::optional<keys::KeyId> kid;             // none where the scheme is kNone
  std::optional<TrackProtection> protection;  // cbcs, cenc
  std::vector<SegmentRecord> segments;
};

struct Presentation {
  std::string event;
  Scheme scheme = Scheme::kAes128;
  // Directories between <event>/ and this scheme's master.m3u8: 0 or 1.
  unsigned depth = 0;
  std::vector<TrackRecord> tracks;  // video by descending bandwidth, audio
};

}  // namespace usher::manifest
