// Makes films that no encoder here writes: puts boxes into a sample entry.
#pragma once

#include <string>
#include <string_view>

namespace usher::testing {

// A box of `type` around `body`.
std::string MakeBox(std::string_view type, std::string_view body);

// `mp4` with `boxes` at the end of its first track's sample entry, and every
// box around it grown by their size. Where a film's moov lies behind its media,
// as FFmpeg writes it, nothing else moves. Throws where there is no such entry.
std::string WithEntryBoxes(std::string mp4, std::string_view boxes);

}  // namespace usher::testing
