// Reads WebVTT and SubRip, anyone's (https://www.w3.org/TR/webvtt1/).
//
// Forgiving where players are: any line ends and encoding, missing and surplus
// blank lines, cues out of order. Strict in what comes out: every cue has
// times, text and only settings that WebVTT knows. Thread-safe.
#pragma once

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/text/cue.h"

namespace usher::text {

struct ReadSubtitles {
  Subtitles subtitles;
  size_t unreadable = 0;  // cues left out: no times, or an end before start
  size_t first_unreadable = 0;  // line, from 1
  bool guessed_encoding = false;
};

// WebVTT where the text begins with "WEBVTT", else SubRip. Fails (BadInput,
// without a place) where it holds no cue.
Result<ReadSubtitles> ReadSubtitleText(ByteView bytes);

}  // namespace usher::text
