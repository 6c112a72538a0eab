#include "packager/cli/obs_settings.h"

#include <cmath>
#include <cstdio>

#include "packager/input/rtmp/listener.h"

namespace usher::cli {
namespace {

// What listens everywhere is reached by a name only its owner knows.
std::string ReachableHost(const std::string& host) {
  const bool everywhere = host == "0.0.0.0" || host == "::";
  return everywhere ? "YOUR-BOX" : host;
}

// The longest that divides a segment and is no longer than two seconds.
int KeyFrameInterval(double segment_seconds) {
  const double rest = std::remainder(segment_seconds, 2);
  return segment_seconds >= 2 && std::abs(rest) < 0.05 ? 2 : 1;
}

}  // namespace

Result<std::string> ObsSettings(const config::LiveOptions& options) {
  if (!options.input.starts_with("rtmp://")) {
    return BadInput("--print-obs", "is for inputs that begin with rtmp://",
                    "listen for OBS: usher live rtmp://0.0.0.0:1935/live/KEY "
                    "--event NAME --print-obs");
  }
  auto address = rtmp::ParseListenAddress(options.input);
  if (!address) return std::unexpected(address.error());
  std::string text =
      "Settings, Stream\n  Service: Custom\n  Server: rtmp://" +
      ReachableHost(address->host) + ":" + std::to_string(address->port) + "/" +
      address->app +
      "\n  Stream Key: " + std::string(AsText(address->key.view())) +
      "\nSettings, Output (mode: Advanced), Streaming\n"
      "  Video Encoder: H.264\n  Rate Control: CBR\n"
      "  Keyframe Interval: " +
      std::to_string(KeyFrameInterval(options.package.segment_duration)) +
      " s\n";
  if (options.part_duration > 0) {
    text += "  Tune: zerolatency\n  B-frames: 0\n";
  }
  return text + "  Audio Encoder: AAC, 48 kHz (Settings, Audio)\n";
}

}  // namespace usher::cli
