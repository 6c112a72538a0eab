// Holds renditions that stand for each other against each other, and what a
// manifest promises of a rendition against its media: alignment, bit rates,
// codecs, picture and frame rate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/rendition_judge.h"

namespace usher::inspect {

// `required`: the manifest or the format demands that segments align; else a
// difference is a warning.
void JudgeAlignment(std::span<const MeasuredRendition* const> renditions,
                    bool required, const std::string& clause,
                    Findings& findings);

// Renditions that stand for each other end alike. `allowed`: the seconds that
// the format grants one of them to go on alone; none: it does not say.
void JudgeEnds(std::span<const MeasuredRendition* const> renditions,
               std::optional<double> allowed, const std::string& clause,
               Findings& findings);

// Where sound and video of one presentation begin and end.
void JudgeTogether(const MeasuredRendition& video,
                   const MeasuredRendition& sound, Findings& findings);

// The largest bit rate of any run of segments that lasts 0.5 to 1.5 target
// durations (rfc8216bis 4.1, "peak segment bit rate"). 0 where not all
// segments were read.
double PeakBitrate(const MeasuredRendition& measured, double target);
double AverageBitrate(const MeasuredRendition& measured);

// What a manifest says of the media; 0 or empty: nothing.
struct Promise {
  std::string place;
  std::vector<std::string> codecs;
  uint32_t width = 0;
  uint32_t height = 0;
  double frame_rate = 0;
  // HLS: VIDEO-RANGE, or what its absence means.
  std::string video_range{};
  // DASH: what its properties say, or that there are none.
  std::optional<playlist::ReadColour> colour{};
  uint32_t sample_rate = 0;
  std::string codecs_clause;
  std::string picture_clause;
};

// `renditions` play together under one promise.
void JudgePromise(const Promise& promise,
                  std::span<const MeasuredRendition* const> renditions,
                  Findings& findings);

}  // namespace usher::inspect
