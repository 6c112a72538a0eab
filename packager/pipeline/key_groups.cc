#include "packager/pipeline/key_groups.h"

#include <algorithm>

#include "packager/pipeline/cpix_rules.h"

namespace usher {
namespace {

using config::ExplicitKey;
using config::KeyOptions;

std::string KindOf(const Track& track) {
  return track.kind == TrackKind::kVideo ? "video" : "audio";
}

bool IsGiven(const KeyOptions& options, const std::string& label) {
  return std::ranges::find(options.explicit_keys, label, &ExplicitKey::track) !=
         options.explicit_keys.end();
}

std::string AllNames(std::span<const Track> tracks) {
  std::string names;
  for (const Track& track : tracks) names += track.name + ", ";
  return names;
}

Status CheckLabels(std::span<const Track> tracks, const KeyOptions& options) {
  for (const ExplicitKey& key : options.explicit_keys) {
    const bool known =
        key.track.empty() ||
        std::ranges::any_of(tracks, [&](const Track& track) {
          return key.track == track.name || key.track == KindOf(track);
        });
    if (known) continue;
    return BadInput("--key", "there is no track " + key.track,
                    "name one of " + AllNames(tracks) + "video or audio");
  }
  return {};
}

// The nearest label a key was given for.
Result<std::string> LabelOf(const Track& track, const KeyOptions& options) {
  if (options.explicit_keys.empty()) {
    return options.per_track ? track.name : std::string();
  }
  for (const std::string& label : {track.name, KindOf(track), std::string()}) {
    if (IsGiven(options, label)) return label;
  }
  return BadInput("--key", "there is none for track " + track.name,
                  "give --key " + track.name +
                      "=KID:KEY, or one without a "
                      "track's name");
}

Result<std::vector<KeyGroup>> GroupByCpix(
    std::span<const Track> tracks, const playlist::CpixDocument& document) {
  if (Status usable = CheckCpixSystems(document); !usable) {
    return std::unexpected(usable.error());
  }
  std::vector<KeyGroup> groups;
  for (size_t i = 0; i < tracks.size(); ++i) {
    auto kids = CpixKidsFor(tracks[i], document);
    if (!kids) return std::unexpected(kids.error());
    auto group = std::ranges::find(groups, *kids, &KeyGroup::kids);
    if (group == groups.end()) {
      group = groups.insert(group, {kids->front().ToHex(), {}, {}, *kids});
    }
    group->tracks.push_back(i);
    group->names.push_back(tracks[i].name);
  }
  return groups;
}

}  // namespace

Result<std::vector<KeyGroup>> GroupByKey(std::span<const Track> tracks,
                                         const KeyOptions& options) {
  if (options.cpix) return GroupByCpix(tracks, *options.cpix);
  if (Status known = CheckLabels(tracks, options); !known) {
    return std::unexpected(known.error());
  }
  std::vector<KeyGroup> groups;
  for (size_t i = 0; i < tracks.size(); ++i) {
    const auto label = LabelOf(tracks[i], options);
    if (!label) return std::unexpected(label.error());
    auto group = std::ranges::find(groups, *label, &KeyGroup::label);
    if (group == groups.end()) {
      group = groups.insert(group, {*label, {}, {}, {}});
    }
    group->tracks.push_back(i);
    group->names.push_back(tracks[i].name);
  }
  return groups;
}

}  // namespace usher
