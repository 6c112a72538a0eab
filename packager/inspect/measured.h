// What the media of a segment turned out to be, as opposed to what a manifest
// says of it. Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/secret_bytes.h"
#include "core/keys/key_id.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

using KeyRing = std::map<keys::KeyId, SecretBytes>;

// One track's part of a segment; times in `timescale`.
struct MeasuredTrack {
  MediaKind kind = MediaKind::kOther;
  uint32_t id = 0;
  uint32_t timescale = 1;
  int64_t decode_start = 0;
  int64_t start = 0;     // earliest presentation time
  int64_t duration = 0;  // sum of all samples
  int64_t hidden = 0;    // of that, what an edit list cuts off in front
  uint64_t samples = 0;
  uint64_t sync_samples = 0;
  // Of those, how many are gone within a millisecond: pictures that are decoded
  // for others and hidden so.
  uint64_t brief = 0;
  int64_t shortest = 0;  // of those that are not; 0: there are none
  bool starts_with_key = true;
  bool independent = true;  // no picture refers to an earlier segment
  int first_counter = -1;   // MPEG-TS continuity; -1: none
  int last_counter = -1;
  std::string codecs;          // where the segment itself tells (MPEG-TS)
  std::set<keys::KeyId> kids;  // of keys that protect samples of it

  double StartSeconds() const { return Seconds(start); }
  double DurationSeconds() const { return Seconds(duration); }
  double PresentedSeconds() const { return Seconds(duration - hidden); }
  double SampleSeconds() const {
    return samples == 0 ? 0 : DurationSeconds() / static_cast<double>(samples);
  }
  double Seconds(int64_t ticks) const {
    return static_cast<double>(ticks) / timescale;
  }
};

// A cue of a WebVTT segment, in seconds of the media's time.
struct MeasuredCue {
  double start = 0;
  double end = 0;
};

struct MeasuredSegment {
  bool readable = false;  // the media could be judged
  uint64_t bytes = 0;
  std::vector<MeasuredTrack> tracks;
  std::vector<MeasuredCue> cues;  // WebVTT, which has no tracks

  // The track that durations are about: video, else sound, else any.
  const MeasuredTrack* Main() const;
  std::set<keys::KeyId> Kids() const;
};

}  // namespace usher::inspect
