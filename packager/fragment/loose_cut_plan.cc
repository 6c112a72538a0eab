#include "packager/fragment/loose_cut_plan.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace usher {
namespace {

// The key frame nearest to `time`, behind the cut `last` and within `reach`
// seconds.
std::optional<int64_t> NearestKey(const KeyFrames& rendition,
                                  const MediaTime& time, int64_t last,
                                  double reach) {
  std::optional<int64_t> nearest;
  double least = reach;
  for (const int64_t key : rendition.times) {
    const double off = std::abs(MediaTime{key, rendition.timescale}.Seconds() -
                                time.Seconds());
    if (key <= last || off > least) continue;
    nearest = key;
    least = off;
  }
  return nearest;
}

}  // namespace

Result<CutPlan> PlanLooseCuts(std::span<const KeyFrames> renditions,
                              double segment_seconds) {
  auto first = PlanCuts(renditions.first(1), segment_seconds);
  if (!first) return first;
  CutPlan plan = *first;
  plan.aligned = false;
  plan.boundaries.clear();
  plan.jumps.clear();
  plan.video_cuts.assign(renditions.size(), {});
  for (size_t i = 0; i < first->boundaries.size(); ++i) {
    const MediaTime& boundary = first->boundaries[i];
    const bool jumps = std::ranges::binary_search(first->jumps, i);
    std::vector<int64_t> cuts;
    for (size_t r = 0; r < renditions.size(); ++r) {
      const auto& before = plan.video_cuts[r];
      const auto key = NearestKey(
          renditions[r], boundary,
          before.empty() ? renditions[r].times.front() : before.back(),
          segment_seconds / 2);
      if (key) cuts.push_back(*key);
    }
    if (cuts.size() < renditions.size()) {
      if (!jumps) continue;
      return BadInput(renditions.front().name,
                      "its clock jumps, or its parameter sets change, at " +
                          FormatSeconds(boundary) +
                          ", where another rendition has no key frame",
                      "give inputs that were recorded together");
    }
    if (jumps) plan.jumps.push_back(plan.boundaries.size());
    plan.boundaries.push_back(boundary);
    for (size_t r = 0; r < renditions.size(); ++r) {
      plan.video_cuts[r].push_back(cuts[r]);
    }
  }
  return plan;
}

}  // namespace usher
