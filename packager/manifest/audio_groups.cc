#include "packager/manifest/audio_groups.h"

#include <algorithm>

namespace usher::manifest {
namespace {

struct Members {
  Codec codec = Codec::kAac;
  std::vector<const TrackRecord*> records;
};

bool SaySame(const Track& a, const Track& b) {
  return a.language == b.language && a.role == b.role;
}

// The same words in another number of channels are for another group.
bool Fits(const Members& group, const Track& track) {
  return group.codec == track.codec &&
         std::ranges::none_of(group.records, [&](const TrackRecord* other) {
           return SaySame(other->track, track) &&
                  other->track.channels != track.channels;
         });
}

std::vector<Members> Divide(const Presentation& presentation) {
  std::vector<Members> groups;
  for (const TrackRecord& record : presentation.tracks) {
    if (record.track.kind != TrackKind::kAudio) continue;
    auto group = std::ranges::find_if(
        groups, [&](const Members& each) { return Fits(each, record.track); });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {record.track.codec, {}});
    }
    group->records.push_back(&record);
  }
  return groups;
}

// Puts the first group's renditions that another lacks into it.
void Complete(std::vector<Members>& groups) {
  for (Members& group : groups) {
    std::vector<const TrackRecord*> records;
    for (const TrackRecord* wanted : groups.front().records) {
      const auto own =
          std::ranges::find_if(group.records, [&](const TrackRecord* each) {
            return SaySame(each->track, wanted->track);
          });
      if (own == group.records.end()) records.push_back(wanted);
    }
    group.records.insert(group.records.end(), records.begin(), records.end());
  }
}

std::string IdOf(const Members& members,
                 const std::vector<AudioGroup>& groups) {
  const std::string id = std::string("audio-") + ShortNameOf(members.codec);
  std::string free = id;
  for (unsigned n = 2;
       std::ranges::find(groups, free, &AudioGroup::id) != groups.end(); ++n) {
    free = id + "-" + std::to_string(n);
  }
  return free;
}

}  // namespace

std::vector<AudioGroup> GroupAudio(const Presentation& presentation) {
  std::vector<Members> divided = Divide(presentation);
  Complete(divided);
  std::vector<AudioGroup> groups;
  for (const Members& members : divided) {
    const std::string id =
        divided.size() == 1 ? "audio" : IdOf(members, groups);
    groups.push_back({id, LabelAudio(members.records)});
  }
  return groups;
}

}  // namespace usher::manifest
