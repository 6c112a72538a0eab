#include "packager/inspect/trick_play_judge.h"

#include <algorithm>

#include "packager/inspect/ladder_judge.h"

namespace usher::inspect {
namespace {

constexpr char kClause[] = "DASH-IF IOP 4.3 3.2.9";

// One word is enough for all its segments.
void JudgeDependency(const TrickPlayRendition& rendition, Findings& findings) {
  for (size_t i = 0; i < rendition.measured->segments.size(); ++i) {
    const MeasuredSegment* segment = rendition.measured->segments[i];
    const MeasuredTrack* main = segment == nullptr ? nullptr : segment->Main();
    if (main == nullptr || main->sync_samples == main->samples) continue;
    return findings.Error(
        "dash-coding-dependency",
        rendition.measured->rendition->segments[i].resource.place,
        "has pictures that need others, and @codingDependency is false",
        "ISO/IEC 23009-1 5.3.5.2");
  }
}

// Players switch from one to the other and back at the same segments. `of` is
// the id of the video's set.
void JudgeAgainstVideo(const TrickPlayRendition& trick, const std::string& of,
                       std::span<const TrickPlayRendition> renditions,
                       const std::string& mpd_place, Findings& findings) {
  const auto video =
      std::ranges::find_if(renditions, [&](const TrickPlayRendition& other) {
        return other.set->id == of && other.measured->Has(MediaKind::kVideo);
      });
  if (of.empty() || video == renditions.end() || video->set == trick.set) {
    return findings.Error("dash-trick-play", mpd_place + " " + trick.set->place,
                          "is trick play of set '" + of +
                              "', and no set of that id in its Period is video",
                          kClause);
  }
  const MeasuredRendition* const both[] = {video->measured, trick.measured};
  JudgeAlignment(both, true, kClause, findings);
}

}  // namespace

void JudgeTrickPlay(std::span<const TrickPlayRendition> renditions,
                    const std::string& mpd_place, Findings& findings) {
  for (const TrickPlayRendition& rendition : renditions) {
    if (rendition.told->all_intra) JudgeDependency(rendition, findings);
    if (const auto& of = rendition.set->trick_play_of) {
      JudgeAgainstVideo(rendition, *of, renditions, mpd_place, findings);
    }
  }
}

}  // namespace usher::inspect
