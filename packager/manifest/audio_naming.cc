#include "packager/manifest/audio_naming.h"

#include <algorithm>

namespace usher::manifest {
namespace {

bool IsMain(const Track& track) {
  return track.role.empty() || track.role == "main";
}

std::string BaseName(const Track& track) {
  std::string name = LanguageOf(track);
  if (name.empty()) name = "Audio";
  if (!IsMain(track)) name += " (" + track.role + ")";
  return name;
}

std::string UniqueName(const Track& track,
                       const std::vector<AudioLabel>& taken) {
  const std::string base = BaseName(track);
  std::string name = base;
  const auto is_taken = [&] {
    return std::ranges::find(taken, name, &AudioLabel::name) != taken.end();
  };
  for (unsigned n = 2; is_taken(); ++n) {
    name = base + " " + std::to_string(n);
  }
  return name;
}

}  // namespace

std::string LanguageOf(const Track& track) {
  return track.language == "und" ? std::string() : track.language;
}

std::vector<AudioLabel> LabelAudio(const Presentation& presentation) {
  std::vector<const TrackRecord*> records;
  for (const TrackRecord& record : presentation.tracks) {
    if (record.track.kind == TrackKind::kAudio) records.push_back(&record);
  }
  return LabelAudio(records);
}

std::vector<AudioLabel> LabelAudio(
    const std::vector<const TrackRecord*>& records) {
  std::vector<AudioLabel> labels;
  for (const TrackRecord* record : records) {
    labels.push_back({record, UniqueName(record->track, labels)});
  }
  if (labels.empty()) return labels;
  auto main = std::ranges::find_if(labels, [](const AudioLabel& label) {
    return IsMain(label.record->track);
  });
  if (main == labels.end()) main = labels.begin();
  main->is_default = true;
  return labels;
}

}  // namespace usher::manifest
