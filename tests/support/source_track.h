// Media for tests of boxes and encryption: made by FFmpeg, and read from
// FFmpeg's own fragmented MP4 without the packager's input stage.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "packager/fragment/fragment.h"
#include "packager/track/track.h"

namespace usher::testing {

struct SourceTrack {
  Track track;
  std::vector<Fragment> fragments;
};

// Two seconds of H.264 with moving contents, a key frame a second.
// `encoder_options` go to ffmpeg as they are: {"-bf", "2"}.
std::filesystem::path MakeVideo(
    const std::filesystem::path& file,
    const std::vector<std::string>& encoder_options = {});

// Two seconds of AAC, two channels at 48 kHz.
std::filesystem::path MakeAudio(const std::filesystem::path& file);

// The first video or audio track of `file`, H.264 or AAC.
SourceTrack ReadSourceTrack(const std::filesystem::path& file, TrackKind kind);

// What ffmpeg decodes: one hash a video frame or audio block. `input_options`
// go in front of "-i".
std::vector<std::string> FrameHashes(
    const std::filesystem::path& file,
    const std::vector<std::string>& input_options = {});

}  // namespace usher::testing
