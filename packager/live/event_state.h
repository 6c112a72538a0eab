// All that a live event which was cut off needs to go on: what was published,
// and what is promised. Plain data, and no secret: keys are named by their
// KIDs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/keys/key_id.h"
#include "packager/fragment/live_cutter.h"
#include "packager/manifest/presentation.h"
#include "packager/track/media_time.h"
#include "packager/track/track.h"

namespace usher::live {

// A stretch of segments under the same keys.
struct CryptoPeriodState {
  uint64_t first_number = 1;
  MediaTime at;
  std::vector<std::vector<keys::KeyId>> kids;  // by scheme, PackageKeys::Kids

  bool operator==(const CryptoPeriodState&) const = default;
};

// What one scheme's playlists are written from.
struct SchemeState {
  std::vector<manifest::Break> breaks;
  // Of an init segment's protection only default_kid is kept.
  std::vector<manifest::TrackRecord> tracks;
};

struct EventState {
  std::string event;
  std::string settings;  // those that must stay as they are
  std::chrono::sys_time<std::chrono::milliseconds> began_at;
  std::vector<Track> tracks;
  uint64_t target_duration = 0;
  LiveCutter::PartLengths parts;
  // Of no higher segment was a file ever stored.
  uint64_t begun = 0;
  bool ended = false;
  std::vector<CryptoPeriodState> periods;
  std::vector<manifest::DateShift> date_shifts;
  std::vector<SchemeState> schemes;
};

}  // namespace usher::live
