#include "packager/pipeline/cpix_rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/base/hex.h"
#include "packager/inspect/media_header.h"

namespace usher {
namespace {

using playlist::CpixDocument;
using playlist::CpixRule;

// The largest pictures of standard and of high definition: 768x576, 1920x1088.
constexpr uint64_t kMostOfSd = 442'368;
constexpr uint64_t kMostOfHd = 2'088'960;

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

uint64_t PixelsOf(const Track& track) {
  return uint64_t{track.width} * track.height;
}

bool Matches(const playlist::CpixVideoFilter& filter, const Track& track) {
  const uint64_t pixels = PixelsOf(track);
  if (pixels < filter.pixels.least || pixels > filter.pixels.most) return false;
  if (track.frame_rate_num == 0) return true;
  const double rate =
      static_cast<double>(track.frame_rate_num) / track.frame_rate_den;
  return rate > filter.above_fps && rate <= filter.most_fps;
}

// By @intendedTrackType alone; nothing where it is no word we know.
std::optional<bool> MatchesType(const std::string& type, const Track& track) {
  const bool video = track.kind == TrackKind::kVideo;
  const uint64_t pixels = PixelsOf(track);
  if (type.empty() || type == "ALL") return true;
  if (type == "AUDIO") return !video;
  if (type == "VIDEO") return video;
  if (type == "SD") return video && pixels <= kMostOfSd;
  if (type == "HD") {
    return video && pixels > kMostOfSd && pixels <= kMostOfHd;
  }
  if (type == "UHD") return video && pixels > kMostOfHd;
  return std::nullopt;
}

Result<bool> Matches(const CpixRule& rule, const Track& track) {
  if (!rule.labels.empty() &&
      std::ranges::find(rule.labels, track.name) == rule.labels.end()) {
    return false;
  }
  if (!rule.unknown_filter.empty()) {
    return BadInput("--cpix",
                    "a ContentKeyUsageRule has a " + rule.unknown_filter +
                        ", which usher cannot judge",
                    "ask for rules by VideoFilter and AudioFilter");
  }
  if (rule.video.empty() && rule.audio.empty()) {
    const auto matches = MatchesType(Upper(rule.track_type), track);
    if (matches) return *matches;
    return BadInput(
        "--cpix",
        "intendedTrackType '" + rule.track_type + "' is none that usher knows",
        "ask for rules by VideoFilter and AudioFilter, or for "
        "AUDIO, VIDEO, SD, HD, UHD or ALL");
  }
  if (track.kind == TrackKind::kVideo) {
    return std::ranges::any_of(
        rule.video, [&](const auto& filter) { return Matches(filter, track); });
  }
  return std::ranges::any_of(rule.audio, [&](const auto& channels) {
    return track.channels >= channels.least && track.channels <= channels.most;
  });
}

// `period` is empty where there are none.
Result<keys::KeyId> KidFor(const Track& track, const CpixDocument& document,
                           const std::string& period) {
  std::set<std::string> kids;
  if (document.rules.empty()) {
    for (const auto& key : document.keys) kids.insert(key.kid);
  }
  for (const CpixRule& rule : document.rules) {
    if (!rule.periods.empty() &&
        std::ranges::find(rule.periods, period) == rule.periods.end()) {
      continue;
    }
    const auto matches = Matches(rule, track);
    if (!matches) return std::unexpected(matches.error());
    if (*matches) kids.insert(rule.kid);
  }
  const std::string when = period.empty() ? "" : " in period " + period;
  if (kids.empty()) {
    return BadInput("--cpix", "has no key for track " + track.name + when,
                    "ask for a document with a rule for it");
  }
  if (kids.size() > 1) {
    return BadInput("--cpix",
                    "has more than one key for track " + track.name + when,
                    "ask for a document whose rules choose one");
  }
  return *keys::KeyId::Parse(*kids.begin());
}

}  // namespace

Result<std::vector<keys::KeyId>> CpixKidsFor(const Track& track,
                                             const CpixDocument& document) {
  std::vector<std::string> periods = document.periods;
  if (periods.empty()) periods.emplace_back();
  std::vector<keys::KeyId> kids;
  for (const std::string& period : periods) {
    const auto kid = KidFor(track, document, period);
    if (!kid) return std::unexpected(kid.error());
    kids.push_back(*kid);
  }
  return kids;
}

Status CheckCpixSystems(const CpixDocument& document) {
  std::map<std::string, std::set<std::string>> systems;
  for (const auto& key : document.keys) systems[key.kid];
  for (const auto& system : document.systems) {
    systems[system.kid].insert(system.system_id);
  }
  for (const auto& [kid, of_kid] : systems) {
    if (of_kid == systems.begin()->second) continue;
    return BadInput("--cpix",
                    "its key " + kid +
                        " is for other DRM systems than its key " +
                        systems.begin()->first,
                    "ask for a document with the same systems for each key");
  }
  for (const auto& system : document.systems) {
    if (system.pssh.empty()) continue;
    const auto pssh = inspect::ReadPssh(system.pssh);
    std::string id = system.system_id;
    std::erase(id, '-');
    if (pssh && ToHex(pssh->system_id) == id) continue;
    return BadInput("--cpix",
                    "the PSSH of DRMSystem " + system.system_id +
                        " is no pssh box of that system",
                    "ask the key's provider for a whole document");
  }
  return {};
}

}  // namespace usher
