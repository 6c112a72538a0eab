#include "packager/config/live_settings.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/layout/layout.h"
#include "core/playlist/hls_reader.h"
#include "packager/config/duration.h"

namespace usher::config {
namespace {

constexpr double kShortestWindow = 10;
constexpr double kShortestPart = 0.3;
constexpr double kLongestPart = 5;
constexpr double kSegmentOfParts = 2;

constexpr std::string_view kShared[] = {
    "event",
    "encryption",
    "segment-duration",
    "key",
    "key-store",
    "master-key",
    "salt",
    "json",
    "key-per-track",
    "allow-clear-copy",
    "quiet",
    "drm",
    "drm-content-id",
    "drm-licence-url",
    "cpix",
    "fairplay-uri",
    "key-rotation",
};

// The table's rows assign to the settings they were made for.
LiveSettings& Live(PackageSettings& settings) {
  return static_cast<LiveSettings&>(settings);
}

Status AssignInput(PackageSettings& settings, std::string_view value) {
  if (value.empty())
    return BadInput("", "is empty", "name where media come from");
  InputSpec input;
  input.path = value;
  settings.inputs.push_back(std::move(input));
  return {};
}

Status AssignWindow(PackageSettings& settings, std::string_view value) {
  if (value == "all") {
    Live(settings).window = 0;
    return {};
  }
  const auto seconds = ParseDuration(value);
  if (!seconds || *seconds < kShortestWindow) {
    return BadInput("",
                    "'" + std::string(value) +
                        "' is neither 'all' nor a length of 10 s or more",
                    "write 2m, 90s or all");
  }
  Live(settings).window = *seconds;
  return {};
}

Status AssignPartDuration(PackageSettings& settings, std::string_view value) {
  const auto seconds = ParseDuration(value);
  if (!seconds || *seconds < kShortestPart || *seconds > kLongestPart) {
    return BadInput(
        "", "'" + std::string(value) + "' is no length from 0.3 to 5 seconds",
        "write 0.5 for low latency");
  }
  Live(settings).part_duration = *seconds;
  return {};
}

Result<bool> ParseSwitch(std::string_view value) {
  if (value == "true" || value == "false") return value == "true";
  return BadInput("", "'" + std::string(value) + "' is neither true nor false",
                  "write true or false");
}

Status AssignRealtime(PackageSettings& settings, std::string_view value) {
  const auto parsed = ParseSwitch(value);
  if (!parsed) return std::unexpected(parsed.error());
  Live(settings).realtime = *parsed;
  return {};
}

Status AssignPrintObs(PackageSettings& settings, std::string_view value) {
  const auto parsed = ParseSwitch(value);
  if (!parsed) return std::unexpected(parsed.error());
  Live(settings).print_obs = *parsed;
  return {};
}

Status AssignKeyOutput(PackageSettings& settings, std::string_view value) {
  if (value.empty()) {
    return BadInput("", "is empty", "name a directory or a URL");
  }
  Live(settings).key_output = std::filesystem::path(value);
  return {};
}

Status AssignState(PackageSettings& settings, std::string_view value) {
  if (value.empty()) return BadInput("", "is empty", "name a directory");
  Live(settings).state = std::filesystem::path(value);
  return {};
}

Status AssignStop(PackageSettings& settings, std::string_view value) {
  const auto parsed = ParseSwitch(value);
  if (!parsed) return std::unexpected(parsed.error());
  Live(settings).stop = *parsed;
  return {};
}

Status AssignSlate(PackageSettings& settings, std::string_view value) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(value, error)) {
    return BadInput("", "'" + std::string(value) + "' is no file",
                    "name a clip such as slate.mp4");
  }
  Live(settings).slate = std::filesystem::path(value);
  return {};
}

Status AssignEpoch(PackageSettings& settings, std::string_view value) {
  const auto milliseconds = playlist::ParseDate(value);
  if (!milliseconds) {
    return BadInput(
        "", "'" + std::string(value) + "' is no date with a time and a zone",
        "write the date when the input's timestamps were 0, such as "
        "1970-01-01T00:00:00Z");
  }
  Live(settings).epoch = Date(std::chrono::milliseconds(*milliseconds));
  return {};
}

constexpr Setting kOwn[] = {
    {"input", "", "INPUT",
     "rtmp://HOST:PORT/APP/KEY listens for an encoder; also srt, udp, rtsp and "
     "http(s) URLs, - for standard input, and a file",
     SettingKind::kValue, AssignInput},
    {"window", "--window", "TIME",
     "how much the playlists list: 2m (default), or all", SettingKind::kValue,
     AssignWindow},
    {"part-duration", "--part-duration", "TIME",
     "low latency: segments can be had in parts, each no longer than this; 0.5 "
     "say",
     SettingKind::kValue, AssignPartDuration},
    {"realtime", "--realtime", "", "read a file at its own pace, to rehearse",
     SettingKind::kSwitch, AssignRealtime},
    {"print-obs", "--print-obs", "",
     "print what to type into OBS Studio for an rtmp:// input, the stream key "
     "too, and end",
     SettingKind::kSwitch, AssignPrintObs},
    {"key-output", "--key-output", "DIR|URL",
     "copy each sealed key here, where the origin reads it, before anything "
     "names it; an https:// URL takes it by PUT",
     SettingKind::kValue, AssignKeyOutput},
    {"state", "--state", "DIR",
     "keep a journal here: the same command goes on with the event after a "
     "crash or a power cut",
     SettingKind::kValue, AssignState},
    {"slate", "--slate", "FILE",
     "a clip that runs while nobody publishes; H.264 and AAC, as it is",
     SettingKind::kValue, AssignSlate},
    {"epoch", "--epoch", "DATE",
     "when the input's timestamps were 0: packagers that are fed the same, "
     "with "
     "the same --key and --salt, write the same segments",
     SettingKind::kValue, AssignEpoch},
    {"stop", "--stop", "", "end the event that runs with this --state",
     SettingKind::kSwitch, AssignStop},
};

Result<std::string> EventFor(const LiveSettings& settings,
                             const std::string& input) {
  if (settings.event) return *settings.event;
  if (input != "-" && !IsUrl(input)) {
    return layout::EventNameFor(
        std::filesystem::path(input).filename().string());
  }
  return BadInput("--event", "has no default where the input is no file",
                  "name the event: --event fight-night");
}

// What two packagers would not do alike.
Status CheckEpoch(const LiveOptions& options) {
  if (!options.epoch) return {};
  const KeyOptions& keys = options.package.keys;
  if (options.input.starts_with("rtmp://")) {
    return BadInput("--epoch", "needs timestamps that tell the time",
                    "those of RTMP begin anew with each connection: take "
                    "MPEG-TS over srt:// or udp://");
  }
  if (!options.slate.empty()) {
    return BadInput("--epoch", "does not go with --slate",
                    "what fills a gap is not in the input: leave one out");
  }
  if (keys.rotation > 0) {
    return BadInput("--epoch", "does not go with --key-rotation",
                    "keys that rotate are random: leave one out");
  }
  const bool own_keys = keys.explicit_keys.empty() || !keys.salt;
  if (options.package.Encrypts() && own_keys) {
    return BadInput("--epoch", "needs keys that the other packager has, too",
                    "give both the same --key and --salt");
  }
  return {};
}

Result<LiveOptions> OptionsToStop(const LiveSettings& settings) {
  if (!settings.state) {
    return BadInput("--stop", "does not say which event",
                    "name its --state directory");
  }
  LiveOptions options;
  options.state = *settings.state;
  options.stop = true;
  return options;
}

}  // namespace

std::span<const Setting> LiveSettingTable() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> rows(std::begin(kOwn), std::end(kOwn));
    const auto publish = PublishSettingTable();
    rows.insert(rows.end(), publish.begin(), publish.end());
    for (const Setting& row : PackageSettingTable()) {
      if (std::ranges::find(kShared, row.name) != std::end(kShared)) {
        rows.push_back(row);
      }
    }
    return rows;
  }();
  return table;
}

LiveSettings Merge(LiveSettings flags, LiveSettings config) {
  if (!flags.window) flags.window = config.window;
  if (!flags.part_duration) flags.part_duration = config.part_duration;
  if (!flags.realtime) flags.realtime = config.realtime;
  if (!flags.print_obs) flags.print_obs = config.print_obs;
  if (!flags.slate) flags.slate = std::move(config.slate);
  if (!flags.epoch) flags.epoch = config.epoch;
  if (!flags.stop) flags.stop = config.stop;
  if (!flags.state) flags.state = std::move(config.state);
  if (!flags.key_output) flags.key_output = std::move(config.key_output);
  MergePublish(flags.publish, std::move(config.publish));
  static_cast<PackageSettings&>(flags) =
      Merge(static_cast<PackageSettings&&>(std::move(flags)),
            static_cast<PackageSettings&&>(std::move(config)));
  return flags;
}

Result<LiveOptions> Resolve(LiveSettings settings,
                            const Environment& environment) {
  if (settings.stop.value_or(false)) return OptionsToStop(settings);
  if (settings.inputs.size() != 1) {
    return BadInput("INPUT", "one is needed",
                    "listen for an encoder: usher live "
                    "rtmp://0.0.0.0:1935/live/KEY --event NAME");
  }
  LiveOptions options;
  options.input = settings.inputs.front().path.string();
  auto event = EventFor(settings, options.input);
  if (!event) return std::unexpected(std::move(event).error());
  settings.event = *std::move(event);
  const double window = settings.window.value_or(120);
  if (window > 0) options.window = window;
  options.part_duration = settings.part_duration.value_or(0);
  if (options.part_duration > 0 && !settings.segment_duration) {
    settings.segment_duration = kSegmentOfParts;
  }
  if (options.part_duration > settings.segment_duration.value_or(6) / 2) {
    return BadInput("--part-duration",
                    "is longer than half of --segment-duration",
                    "use parts of 0.5 and segments of 2 s, say");
  }
  options.realtime = settings.realtime.value_or(false);
  options.print_obs = settings.print_obs.value_or(false);
  auto publish = ResolvePublish(settings.publish, environment, settings.output,
                                settings.key_output);
  if (!publish) return std::unexpected(std::move(publish).error());
  options.publish = *std::move(publish);
  options.key_output = settings.key_output.value_or("");
  options.state = settings.state.value_or("");
  options.slate = settings.slate.value_or("");
  options.epoch = settings.epoch;
  auto package =
      Resolve(static_cast<PackageSettings&&>(std::move(settings)), environment);
  if (!package) return std::unexpected(std::move(package).error());
  options.package = *std::move(package);
  options.package.inputs.clear();
  const KeyOptions& keys = options.package.keys;
  if (keys.rotation > 0 && !keys.explicit_keys.empty()) {
    return BadInput("--key-rotation",
                    "makes as many keys as an event turns out to need",
                    "leave --key and --cpix out");
  }
  if (auto alike = CheckEpoch(options); !alike) {
    return std::unexpected(std::move(alike).error());
  }
  return options;
}

bool IsUrl(const std::string& input) {
  const size_t colon = input.find("://");
  return colon != std::string::npos && colon > 0;
}

}  // namespace usher::config
