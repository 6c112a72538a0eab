#include "packager/text/webvtt_segment.h"

#include "packager/text/cue_timing.h"

namespace usher::text {
namespace {

void WriteCue(const Cue& cue, std::string& out) {
  out += '\n';
  if (!cue.id.empty()) out += cue.id + "\n";
  out += FormatTimestamp(cue.start) + " --> " + FormatTimestamp(cue.end);
  if (!cue.settings.empty()) out += " " + cue.settings;
  out += "\n" + cue.payload + "\n";
}

}  // namespace

std::string WriteWebVttSegment(const std::string& styles,
                               std::span<const Cue* const> cues,
                               uint64_t mpegts) {
  std::string out = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:" +
                    std::to_string(mpegts) + "\n";
  if (cues.empty()) return out;
  if (!styles.empty()) out += "\n" + styles + "\n";
  for (const Cue* cue : cues) WriteCue(*cue, out);
  return out;
}

std::string WebVttHeader(const std::string& styles) {
  return styles.empty() ? "WEBVTT" : "WEBVTT\n\n" + styles;
}

}  // namespace usher::text
