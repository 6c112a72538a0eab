#include "packager/pipeline/film_warnings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace usher {
namespace {

// How CODECS begins (RFC 6381; ISO/IEC 14496-15 annex E), and the profile's
// name in ISO/IEC 14496-10 annex A, 23008-2 annex A.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5>
    kProfilesForEditing = {{{"avc1.6e", "High 10"},
                            {"avc1.7a", "High 4:2:2"},
                            {"avc1.f4", "High 4:4:4 Predictive"},
                            {"avc1.2c", "CAVLC 4:4:4 Intra"},
                            {"hvc1.4.", "Range Extensions"}}};

// Encoders of one film may leave out a few pictures at its end.
constexpr double kUnlikeEnds = 0.5;

MediaTime EndOf(const KeyFrames& rendition) {
  return {rendition.end, rendition.timescale};
}

bool EndsEarlier(const KeyFrames& one, const KeyFrames& other) {
  return EndOf(one).Seconds() < EndOf(other).Seconds();
}

}  // namespace

std::optional<std::string> WarningOfProfile(const Track& track) {
  for (const auto& [codecs, profile] : kProfilesForEditing) {
    if (!track.codecs.starts_with(codecs)) continue;
    return track.name + ": is of the profile " + std::string(profile) +
           ", which phones, televisions and most browsers cannot decode: "
           "encode it with -pix_fmt yuv420p";
  }
  return std::nullopt;
}

std::optional<std::string> WarningOfEnds(
    std::span<const KeyFrames> renditions) {
  if (renditions.size() < 2) return std::nullopt;
  const auto [first, last] =
      std::ranges::minmax_element(renditions, EndsEarlier);
  if (EndOf(*last).Seconds() - EndOf(*first).Seconds() <= kUnlikeEnds) {
    return std::nullopt;
  }
  return first->name + " and " + last->name + ": end at " +
         FormatSeconds(EndOf(*first)) + " and " + FormatSeconds(EndOf(*last)) +
         ", and players that switch find no pictures behind the first: encode "
         "both from the same film";
}

std::optional<std::string> WarningOfLongSegments(
    const CutPlan& cuts, MediaTime start, std::span<const KeyFrames> renditions,
    double segment_seconds) {
  if (renditions.empty()) return std::nullopt;
  double longest = 0;
  double last = start.Seconds();
  for (const MediaTime& boundary : cuts.boundaries) {
    longest = std::max(longest, boundary.Seconds() - last);
    last = boundary.Seconds();
  }
  const MediaTime end =
      EndOf(*std::ranges::max_element(renditions, EndsEarlier));
  longest = std::max(longest, end.Seconds() - last);
  if (longest <= 1.5 * segment_seconds) return std::nullopt;
  return "key frames lie up to " +
         FormatSeconds({std::llround(longest * 1000), 1000}) +
         " apart, so segments are that long: encode with a key frame every two "
         "seconds";
}

}  // namespace usher
