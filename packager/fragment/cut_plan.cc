#include "packager/fragment/cut_plan.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace usher {
namespace {

// Renditions from different encoders may differ by rounding where no frame
// rate is known to compare with.
constexpr double kDefaultTolerance = 0.005;

// Of two key frames equally far from the target the earlier one is taken.
constexpr double kTie = 1e-6;

using Times = std::vector<MediaTime>;

// A key frame all renditions have: its time in each.
using CommonKey = std::vector<int64_t>;

MediaTime TimeOf(const KeyFrames& rendition, size_t i) {
  return {rendition.times[i], rendition.timescale};
}

double ToleranceOf(std::span<const KeyFrames> renditions) {
  double frame = 0;
  for (const KeyFrames& rendition : renditions) {
    const double seconds = rendition.frame_seconds;
    if (seconds > 0 && (frame == 0 || seconds < frame)) frame = seconds;
  }
  return frame > 0 ? frame / 2 : kDefaultTolerance;
}

// The key frame of `rendition` at `time`, give or take `tolerance`.
std::optional<size_t> KeyAt(const KeyFrames& rendition, MediaTime time,
                            double tolerance) {
  const double wanted = time.Seconds() * rendition.timescale;
  const auto least =
      static_cast<int64_t>(std::ceil(wanted - tolerance * rendition.timescale));
  const auto found = std::ranges::lower_bound(rendition.times, least);
  if (found == rendition.times.end() ||
      static_cast<double>(*found) > wanted + tolerance * rendition.timescale) {
    return std::nullopt;
  }
  return static_cast<size_t>(found - rendition.times.begin());
}

std::vector<CommonKey> CommonKeys(std::span<const KeyFrames> renditions,
                                  double tolerance) {
  std::vector<CommonKey> common;
  const KeyFrames& reference = renditions.front();
  for (size_t i = 0; i < reference.times.size(); ++i) {
    CommonKey key = {reference.times[i]};
    for (const KeyFrames& other : renditions.subspan(1)) {
      const auto same = KeyAt(other, TimeOf(reference, i), tolerance);
      if (!same) break;
      key.push_back(other.times[*same]);
    }
    if (key.size() == renditions.size()) common.push_back(std::move(key));
  }
  return common;
}

// Indices into `times` (rising) at which a segment begins, the first included:
// each the nearest one to `segment_seconds` after the one before it. None where
// `end`, in seconds, is nearer still.
std::vector<size_t> ChooseInStretch(std::span<const MediaTime> times,
                                    double segment_seconds, double end) {
  std::vector<size_t> chosen;
  for (size_t last = 0; last < times.size();) {
    chosen.push_back(last);
    const double target = times[last].Seconds() + segment_seconds;
    size_t next = last + 1;
    while (next + 1 < times.size() &&
           std::abs(times[next + 1].Seconds() - target) <
               std::abs(times[next].Seconds() - target) - kTie) {
      ++next;
    }
    if (next < times.size() &&
        std::abs(end - target) <
            std::abs(times[next].Seconds() - target) - kTie) {
      break;
    }
    last = next;
  }
  return chosen;
}

// The same, with a segment at each of `jumps`, which are indices, too.
std::vector<size_t> ChooseBoundaries(std::span<const MediaTime> times,
                                     std::vector<size_t> jumps,
                                     double segment_seconds, double end) {
  std::vector<size_t> chosen;
  size_t first = 0;
  jumps.push_back(times.size());
  for (const size_t next : jumps) {
    const double until = next < times.size() ? times[next].Seconds() : end;
    for (const size_t i : ChooseInStretch(times.subspan(first, next - first),
                                          segment_seconds, until)) {
      chosen.push_back(first + i);
    }
    first = next;
  }
  return chosen;
}

double LongestSegment(const Times& times, const std::vector<size_t>& chosen,
                      double end) {
  double longest = 0;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const double next =
        i + 1 < chosen.size() ? times[chosen[i + 1]].Seconds() : end;
    longest = std::max(longest, next - times[chosen[i]].Seconds());
  }
  return longest;
}

Times AllTimes(const KeyFrames& rendition) {
  Times times;
  for (size_t i = 0; i < rendition.times.size(); ++i) {
    times.push_back(TimeOf(rendition, i));
  }
  return times;
}

std::vector<size_t> JumpsOf(const KeyFrames& rendition) {
  std::vector<size_t> jumps;
  for (const int64_t jump : rendition.jumps) {
    const auto at = std::ranges::lower_bound(rendition.times, jump);
    jumps.push_back(static_cast<size_t>(at - rendition.times.begin()));
  }
  return jumps;
}

double EndOf(const KeyFrames& rendition) {
  return MediaTime{rendition.end, rendition.timescale}.Seconds();
}

// How an encoder is told to set key frames at fixed times and nowhere else.
std::string RemedyFor(const KeyFrames& rendition) {
  std::string setting = "-sc_threshold 0 (x264: scenecut=0)";
  if (rendition.codec == Codec::kHevc) {
    setting = "-x265-params scenecut=0:open-gop=0";
  } else if (rendition.codec == Codec::kVp9) {
    setting = "-g 240 -keyint_min 240 (libvpx: no others)";
  } else if (rendition.codec == Codec::kAv1) {
    setting = "-svtav1-params scd=0 (SVT-AV1)";
  }
  return "encode " + rendition.name +
         " with -force_key_frames \"expr:gte(t,n_forced*2)\" " + setting +
         ", and every other rendition at the same times";
}

std::unexpected<Error> Misaligned(const KeyFrames& has, const KeyFrames& lacks,
                                  MediaTime time) {
  return BadInput(has.name + " and " + lacks.name,
                  "their key frames do not line up: at " + FormatSeconds(time) +
                      " " + has.name + " has one and " + lacks.name +
                      " has none",
                  RemedyFor(lacks));
}

// What a rendition would choose by itself.
std::vector<size_t> OwnBoundaries(const KeyFrames& rendition,
                                  const Times& times, double segment_seconds) {
  return ChooseBoundaries(times, JumpsOf(rendition), segment_seconds,
                          EndOf(rendition));
}

// The first boundary some rendition would choose that another one lacks.
std::unexpected<Error> NameFirstDifference(
    std::span<const KeyFrames> renditions, double segment_seconds,
    double tolerance) {
  const KeyFrames* has = &renditions[0];
  const KeyFrames* lacks = &renditions[1];
  std::optional<MediaTime> first;
  for (const KeyFrames& one : renditions) {
    const Times times = AllTimes(one);
    for (const size_t i : OwnBoundaries(one, times, segment_seconds)) {
      if (first && times[i] >= *first) break;
      for (const KeyFrames& other : renditions) {
        if (KeyAt(other, times[i], tolerance)) continue;
        first = times[i];
        has = &one;
        lacks = &other;
      }
    }
  }
  return Misaligned(*has, *lacks, first.value_or(TimeOf(*has, 0)));
}

// The longest segment that each rendition, on its own, could not avoid.
double UnavoidableLength(std::span<const KeyFrames> renditions,
                         double segment_seconds) {
  double longest = 0;
  for (const KeyFrames& rendition : renditions) {
    const Times times = AllTimes(rendition);
    longest = std::max(
        longest,
        LongestSegment(times, OwnBoundaries(rendition, times, segment_seconds),
                       EndOf(rendition)));
  }
  return longest;
}

// Where in `common` any rendition's clock jumped. Fails where another one has
// no key frame there.
Result<std::vector<size_t>> CommonJumps(std::span<const KeyFrames> renditions,
                                        const std::vector<CommonKey>& common) {
  std::set<size_t> jumps;
  for (size_t r = 0; r < renditions.size(); ++r) {
    const KeyFrames& rendition = renditions[r];
    for (const int64_t jump : rendition.jumps) {
      const auto key = std::ranges::find(
          common, jump, [r](const CommonKey& each) { return each[r]; });
      if (key == common.end()) {
        return Misaligned(rendition, renditions[r == 0 ? 1 : 0],
                          {jump, rendition.timescale});
      }
      jumps.insert(static_cast<size_t>(key - common.begin()));
    }
  }
  return std::vector<size_t>(jumps.begin(), jumps.end());
}

MediaTime TailAfter(const KeyFrames& rendition, int64_t last_boundary,
                    double segment_seconds) {
  // Sound may go on a little longer than the pictures without that making a
  // segment of its own.
  const double step = segment_seconds * rendition.timescale;
  const double behind_pictures = static_cast<double>(rendition.end) + step / 2;
  const double tail =
      std::max(behind_pictures, static_cast<double>(last_boundary) + step);
  return {std::llround(tail), rendition.timescale};
}

}  // namespace

Result<CutPlan> PlanCuts(std::span<const KeyFrames> renditions,
                         double segment_seconds) {
  const double tolerance = ToleranceOf(renditions);
  const KeyFrames& reference = renditions.front();
  const auto common = CommonKeys(renditions, tolerance);
  Times times;
  for (const CommonKey& key : common) {
    times.push_back({key.front(), reference.timescale});
  }
  const auto jumps = CommonJumps(renditions, common);
  if (!jumps) return std::unexpected(jumps.error());
  const auto chosen =
      ChooseBoundaries(times, *jumps, segment_seconds, EndOf(reference));
  const bool starts_together =
      !common.empty() &&
      std::ranges::all_of(renditions, [&](const KeyFrames& rendition) {
        return KeyAt(rendition, times.front(), tolerance) == 0;
      });
  if (renditions.size() > 1 &&
      (!starts_together ||
       LongestSegment(times, chosen, EndOf(reference)) >
           UnavoidableLength(renditions, segment_seconds) + tolerance)) {
    return NameFirstDifference(renditions, segment_seconds, tolerance);
  }
  CutPlan plan;
  plan.segment_seconds = segment_seconds;
  plan.video_cuts.resize(renditions.size());
  for (const size_t i : chosen) {
    if (i == 0) continue;
    if (std::ranges::binary_search(*jumps, i)) {
      plan.jumps.push_back(plan.boundaries.size());
    }
    plan.boundaries.push_back(times[i]);
    for (size_t r = 0; r < renditions.size(); ++r) {
      plan.video_cuts[r].push_back(common[i][r]);
    }
  }
  plan.tail = TailAfter(reference, times[chosen.back()].ticks, segment_seconds);
  return plan;
}

CutPlan PlanSoundOnly(MediaTime start, double segment_seconds) {
  CutPlan plan;
  plan.segment_seconds = segment_seconds;
  plan.tail = start;
  plan.tail.ticks += std::llround(segment_seconds * start.timescale);
  return plan;
}

std::vector<MediaTime> SegmentStarts(const CutPlan& plan, MediaTime start,
                                     MediaTime end) {
  std::vector<MediaTime> starts = {start};
  starts.insert(starts.end(), plan.boundaries.begin(), plan.boundaries.end());
  const int64_t step = std::max<int64_t>(
      1, std::llround(plan.segment_seconds * plan.tail.timescale));
  for (MediaTime tail = plan.tail; tail < end; tail.ticks += step) {
    starts.push_back(tail);
  }
  return starts;
}

int64_t TrackCuts::Boundary(size_t n) const {
  if (n < at.size()) return at[n];
  if (tail_step == 0) return kNever;
  return tail + static_cast<int64_t>(n - at.size()) * tail_step;
}

TrackCuts VideoCuts(const CutPlan& plan, size_t rendition) {
  return {plan.video_cuts[rendition], 0, 0};
}

TrackCuts SoundCuts(const CutPlan& plan, uint32_t timescale) {
  TrackCuts cuts;
  for (const MediaTime& boundary : plan.boundaries) {
    cuts.at.push_back(Rescale(boundary, timescale, Rounding::kUp));
  }
  cuts.tail = Rescale(plan.tail, timescale, Rounding::kUp);
  cuts.tail_step =
      std::max<int64_t>(1, std::llround(plan.segment_seconds * timescale));
  return cuts;
}

}  // namespace usher
