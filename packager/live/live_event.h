// `usher live`: from an encoder to a presentation that grows.
//
//   source -> feed -> cutter -> encryptor -> segmenter -> playlists -> storage
//
// A feed that goes, comes back, jumps in time or changes its configuration
// begins another stretch: the event goes on with the next segment number.
// Everything runs on the calling thread, but for what receives the bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random_source.h"
#include "packager/config/live_settings.h"
#include "packager/input/interrupt.h"
#include "packager/live/live_source.h"
#include "packager/track/track.h"

namespace usher::live {

// How the event is getting on, after each segment.
struct LiveStatus {
  uint64_t segment = 0;           // the newest
  double seconds = 0;             // published so far
  double bitrate = 0;             // of the input, bits per second
  double frame_rate = 0;          // pictures a second; 0: unknown
  double key_frame_interval = 0;  // seconds; 0: unknown
  std::optional<double> skew;     // sound ahead of pictures, seconds
  double delay = 0;      // from the input's clock to what is published, seconds
  uint64_t damaged = 0;  // packets
  uint64_t left_out = 0;  // packets
  uint64_t forced = 0;    // segments that begin with no key frame
};

struct LiveReport {
  std::filesystem::path directory;  // <output>/<event>
  uint64_t segments = 0;            // of each track
  double seconds = 0;
  size_t feeds = 0;
  std::vector<Track> tracks;
};

struct LiveContext {
  RandomSource& random;
  const Clock& clock;
  const Interrupt& interrupt;  // ends the event
  Log log;
  std::function<void(const LiveStatus&)> status;
};

// Returns when the input is over or the user ends the event; everything is
// flushed and has its end tag then.
Result<LiveReport> RunLive(const config::LiveOptions& options,
                           const LiveContext& context);

}  // namespace usher::live
