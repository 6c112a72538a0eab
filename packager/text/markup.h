// Other formats' cue text as WebVTT's: what has a twin is kept (bold, italic,
// underlined, eight colours, the place on the picture), the rest goes.
#pragma once

#include <string>
#include <string_view>

namespace usher::text {

struct MarkedText {
  std::string payload;   // WebVTT cue text; empty where nothing is said
  std::string settings;  // "line:0" for {\an8}; empty: none
};

// SubRip: <i>, <b>, <u>, <font color>, and the {\...} that players took over
// from ASS. What is no tag is text: "I <3 you".
MarkedText FromSubRip(std::string_view text);

// The text of an ASS event: {\...} overrides, \N, \n and \h. Drawings are
// nothing.
MarkedText FromAss(std::string_view text);

// WebVTT cue text kept as it is, less what would end the cue: blank lines,
// control characters, arrows.
std::string CleanPayload(std::string_view text);

}  // namespace usher::text
