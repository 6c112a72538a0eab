// Reads samples of a wvtt track, anyone's (ISO/IEC 14496-30 7.5): boxes vttc
// and vtte. Never past their end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace usher::text {

// A cue, or the part of one that a sample shows; its times are the sample's.
struct WvttCue {
  std::optional<uint32_t> source_id;  // of cues that were cut
  std::string id;
  std::string settings;
  std::string payload;
};

// Nothing where the sample is damaged. No cue where it says nothing.
std::optional<std::vector<WvttCue>> ReadWvttSample(ByteView sample);

}  // namespace usher::text
