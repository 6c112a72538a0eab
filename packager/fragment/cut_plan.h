// Where a presentation is cut into segments: decided before the first byte is
// written, from the key frames of every video rendition.
//
// A boundary is a key frame that all renditions share, the nearest one to a
// segment's duration after the last boundary; one lies wherever the input's
// clock jumped. Sound follows: it is cut at its
// first frame at or after the boundary. Pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/track/codec.h"
#include "packager/track/media_time.h"

namespace usher {

// The key frames of one video rendition, on the presentation's timeline.
struct KeyFrames {
  std::string name;  // "v720", for messages
  uint32_t timescale = 0;
  std::vector<int64_t> times;  // rising; at least one
  std::vector<int64_t> jumps;  // those in front of which the clock jumped
  int64_t end = 0;             // of the last picture
  double frame_seconds = 0;    // 0 where the rate is unknown
  Codec codec = Codec::kH264;  // for the remedy
};

struct CutPlan {
  // boundaries[i] is where segment i + 2 begins.
  std::vector<MediaTime> boundaries;
  std::vector<size_t> jumps;  // indices into boundaries
  // Whether all renditions are cut at the same times.
  bool aligned = true;
  // The same, in ticks of each rendition, in the order they were given.
  std::vector<std::vector<int64_t>> video_cuts;
  // From here on there are no more pictures: sound that goes on is cut every
  // `segment_seconds`.
  MediaTime tail;
  double segment_seconds = 6;
};

// Fails (BadInput) where the renditions' key frames do not line up well enough,
// naming two of them, the first time that differs, and the remedy.
Result<CutPlan> PlanCuts(std::span<const KeyFrames> renditions,
                         double segment_seconds);

// For sound without pictures, starting at `start`.
CutPlan PlanSoundOnly(MediaTime start, double segment_seconds);

// Where segments 1, 2, 3, ... begin, in a presentation from `start` to `end`.
std::vector<MediaTime> SegmentStarts(const CutPlan& plan, MediaTime start,
                                     MediaTime end);

// A track's own boundaries, in its ticks.
struct TrackCuts {
  std::vector<int64_t> at;
  int64_t tail = 0;  // first boundary behind `at`; more follow every tail_step
  int64_t tail_step = 0;  // 0: none

  // Where segment `n` + 2 begins, `n` from 0; kNever where none does.
  int64_t Boundary(size_t n) const;
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
};

TrackCuts VideoCuts(const CutPlan& plan, size_t rendition);
TrackCuts SoundCuts(const CutPlan& plan, uint32_t timescale);

}  // namespace usher
