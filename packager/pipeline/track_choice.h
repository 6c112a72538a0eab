// Which tracks of the inputs make the presentation, and what they are called.
//
// Of each input the first video track; of each language, role and codec one
// sound track, from the first input that has it, and from that one all that
// differ in their channels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/input_spec.h"
#include "packager/input/media_file.h"
#include "packager/track/track.h"

namespace usher {

struct ChosenTrack {
  Track track;  // named, with language and role
  size_t input = 0;
  size_t input_track = 0;
};

struct TrackChoice {
  std::vector<ChosenTrack> tracks;  // video, then audio
  std::vector<std::string> warnings;
};

// `files` are the inputs of `specs`, opened. Fails (BadInput) where a track the
// user will miss cannot be packaged, and where nothing is left.
Result<TrackChoice> ChooseTracks(std::span<const config::InputSpec> specs,
                                 std::span<const MediaFile> files);

}  // namespace usher
