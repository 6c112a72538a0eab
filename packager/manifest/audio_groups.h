// Audio renditions as HLS groups them (rfc8216bis 4.4.6.2.1): in one group what
// a viewer chooses between, in different groups what a player does, by codec
// and number of channels.
#pragma once

#include <string>
#include <vector>

#include "packager/manifest/audio_naming.h"

namespace usher::manifest {

struct AudioGroup {
  std::string id;  // "audio" where there is one group, else "audio-ac3"
  std::vector<AudioLabel> labels;
};

// In the order of their first tracks. Every group has the renditions of the
// first: one that a codec lacks is the first group's, so that no language is
// lost with a change of codec.
std::vector<AudioGroup> GroupAudio(const Presentation& presentation);

}  // namespace usher::manifest
