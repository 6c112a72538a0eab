// How subtitles are told apart by a viewer, in HLS and DASH alike.
#pragma once

#include <string>
#include <vector>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

struct TextLabel {
  const TextRecord* record = nullptr;
  std::string name;  // "en", "en (SDH)", "Deutsch"; unique among them
};

// One for each, in order.
std::vector<TextLabel> LabelText(const Presentation& presentation);

}  // namespace usher::manifest
