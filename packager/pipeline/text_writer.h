// Writes the subtitles of one scheme's presentation, when its other tracks are
// there: their segments tell the intervals.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/manifest/presentation.h"
#include "packager/pipeline/text_plan.h"
#include "packager/storage/storage.h"

namespace usher {

// Where text tracks go.
struct TextPlace {
  std::string directory;  // of the scheme, below the event; may be empty
  unsigned revision = 1;
};

// The names of the tracks' directories below the scheme's.
std::vector<std::string> TextDirectories(std::span<const PlannedText> texts,
                                         unsigned revision);

// The segments of `presentation` lie by number. WebVTT for HLS always; wvtt
// where there is an MPD, so not under aes-128.
Result<std::vector<manifest::TextRecord>> WriteTexts(
    std::span<const PlannedText> texts,
    const manifest::Presentation& presentation, const TextPlace& place,
    Storage& storage);

}  // namespace usher
