// A subtitle file on disk: .vtt or .srt, by its contents.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/text/cue.h"

namespace usher::text {

struct SubtitleFile {
  Subtitles subtitles;
  std::vector<std::string> warnings;  // each names the file
};

// Fails (BadInput) where the file cannot be read, is larger than 16 MiB or
// holds no cue.
Result<SubtitleFile> ReadSubtitleFile(const std::filesystem::path& path);

}  // namespace usher::text
