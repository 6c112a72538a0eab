// Timestamps of WebVTT and SubRip, and the line with two of them that every cue
// has (https://www.w3.org/TR/webvtt1/, 4.1 and 6.3).
//
// Forgiving: a comma for the point, one to three decimals, hours left out, any
// space around the arrow, and a minus sign, which no format has and tools that
// shift subtitles write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "packager/text/cue.h"

namespace usher::text {

struct CueTiming {
  Time start{};
  Time end{};
  std::string_view rest;  // what follows the times, in the caller's line
};

bool HasArrow(std::string_view line);
// Nothing where a time cannot be read.
std::optional<CueTiming> ParseCueTiming(std::string_view line);

// Takes a timestamp off the front of `text`; on failure `text` is undefined.
std::optional<Time> TakeTimestamp(std::string_view& text);
// "01:02:03.456"; `time` is not negative.
std::string FormatTimestamp(Time time);

// Of the settings in `rest`, those WebVTT knows and in its shape.
std::string KnownSettings(std::string_view rest);

}  // namespace usher::text
