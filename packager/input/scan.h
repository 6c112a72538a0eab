// A first pass over a file: where its tracks begin and end, and at which times
// it can be cut. Cheap where the container has an index (only key frames are
// read), else one reading of the file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/input/media_file.h"

namespace usher {

struct TrackScan {
  size_t track = 0;        // index into the input's tracks
  int64_t first_read = 0;  // time of the first packet in the file's order
  int64_t first = 0;       // earliest sample to be kept
  int64_t presented = 0;   // earliest one to be presented
  // Pictures in front of `presented` that later ones refer to.
  uint32_t preroll = 0;
  // Video: how far decoding must run ahead, as far as the scan could tell.
  int64_t reorder = 0;
  int64_t end = 0;  // of the last sample, as far as the scan could tell
  std::vector<int64_t> key_times;  // video: of every IDR picture
  // Video: of those among them in front of which the input's clock jumped, or
  // the decoder configuration was replaced.
  std::vector<int64_t> jumps;
  // How the track is coded, first from its first packet on; each further one
  // from a key picture on, which is among the key_times and the jumps.
  struct Coded {
    int64_t time = 0;
    Track track;
  };
  std::vector<Coded> coded;
  // Sound: what ends at or before this time belongs to pictures that could not
  // be decoded, and is left out.
  std::optional<int64_t> not_before;
};

// Who finds the key frames of a file with an index.
enum class KeyTimes {
  kFind,     // the scan
  kFindAll,  // the scan, which does not believe the index
  kKnown,    // the caller: key_times are left as they are
};

// Fails (BadInput) where a track has no samples, or no video key frame. `file`
// has been read to its end afterwards.
// `progress` is told, often, how much of the file was read: 0 to 1.
Result<std::vector<TrackScan>> ScanTracks(
    MediaFile& file, std::span<const size_t> tracks, KeyTimes key_times,
    const std::function<void(double)>& progress);

}  // namespace usher
