// Subtitles as every stage sees them: cues with WebVTT payloads. Plain data.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace usher::text {

// From the start of the film, as a viewer counts.
using Time = std::chrono::milliseconds;

struct Cue {
  Time start{};
  Time end{};            // after `start`
  std::string id;        // empty: none
  std::string settings;  // of WebVTT: "line:0 align:start"; empty: none
  std::string payload;   // WebVTT cue text: escaped, no blank line
  bool operator==(const Cue&) const = default;
};

struct Subtitles {
  // STYLE and REGION blocks as WebVTT writes them, a blank line between two.
  std::string styles;
  std::vector<Cue> cues;  // by start
};

}  // namespace usher::text
