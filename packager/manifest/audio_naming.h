// How audio tracks are told apart by a viewer, in HLS and DASH alike.
#pragma once

#include <string>
#include <vector>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

// Empty where the track does not say.
std::string LanguageOf(const Track& track);

struct AudioLabel {
  const TrackRecord* record = nullptr;
  std::string name;         // "en", "en (commentary)"; unique among them
  bool is_default = false;  // exactly one is
};

// One for each, in order.
std::vector<AudioLabel> LabelAudio(
    const std::vector<const TrackRecord*>& records);

// One for each audio track, in order.
std::vector<AudioLabel> LabelAudio(const Presentation& presentation);

}  // namespace usher::manifest
