// A WebVTT segment as HLS wants it (rfc8216bis 3.1.4).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "packager/text/cue.h"

namespace usher::text {

// `mpegts` is where the film's start lies on the media's timeline, in ticks of
// 90 kHz: what X-TIMESTAMP-MAP says of the local time 0. An interval in which
// nothing is said has the header alone.
std::string WriteWebVttSegment(const std::string& styles,
                               std::span<const Cue* const> cues,
                               uint64_t mpegts);

// What the configuration of a wvtt track is, too: "WEBVTT" and the styles.
std::string WebVttHeader(const std::string& styles);

}  // namespace usher::text
