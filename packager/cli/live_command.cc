// usher live: its flags are the rows of packager/config/live_settings.h.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/crypto/system_random.h"
#include "packager/cli/command.h"
#include "packager/cli/obs_settings.h"
#include "packager/cli/setting_flags.h"
#include "packager/cli/signals.h"
#include "packager/config/live_settings.h"
#include "packager/config/yaml_config.h"
#include "packager/live/live_event.h"
#include "packager/live/state_directory.h"

namespace usher::cli {
namespace {

using config::LiveOptions;
using config::LiveSettings;
using live::LiveReport;
using live::LiveStatus;

Result<LiveOptions> ReadOptions(const SettingFlags& flags) {
  LiveSettings settings;
  if (auto read = flags.ReadInto(settings); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (!flags.config_file().empty()) {
    LiveSettings from_file;
    auto read = config::ReadYamlConfig(flags.config_file(),
                                       config::LiveSettingTable(), from_file);
    if (!read) return std::unexpected(std::move(read).error());
    settings = config::Merge(std::move(settings), std::move(from_file));
  }
  return config::Resolve(std::move(settings), config::Environment::OfProcess());
}

// How the event goes, on one line of the terminal that is written over, or as
// JSON.
class StatusLine {
 public:
  explicit StatusLine(const LiveOptions& options)
      : json_(options.package.json),
        shown_(!json_ && !options.package.quiet && ::isatty(STDERR_FILENO)) {}
  ~StatusLine() { Wipe(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  // From any thread.
  void Tell(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    WipeLine();
    std::cerr << "usher: " + what + "\n";
  }
  void Wipe() {
    const std::scoped_lock lock(mutex_);
    WipeLine();
  }
  void Show(const LiveStatus& status) {
    const std::scoped_lock lock(mutex_);
    if (json_) {
      const nlohmann::ordered_json line = {
          {"type", "segment"},
          {"segment", status.segment},
          {"seconds", status.seconds},
          {"bitrate", status.bitrate},
          {"frame_rate", status.frame_rate},
          {"key_frame_interval", status.key_frame_interval},
          {"skew", status.skew ? nlohmann::ordered_json(*status.skew)
                               : nlohmann::ordered_json(nullptr)},
          {"delay", status.delay},
          {"damaged", status.damaged},
          {"left_out", status.left_out},
          {"forced", status.forced}};
      std::cout << line.dump() << std::endl;
      return;
    }
    if (!shown_) return;
    char text[200];
    std::snprintf(
        text, sizeof text,
        "live  segment %llu  %.1f s  %.2f Mbit/s  %.2f fps  key frames %.2f s"
        "  sound %+.2f s  delay %.1f s  dropped %llu",
        static_cast<unsigned long long>(status.segment), status.seconds,
        status.bitrate / 1e6, status.frame_rate, status.key_frame_interval,
        status.skew.value_or(0), status.delay,
        static_cast<unsigned long long>(status.damaged + status.left_out));
    WipeLine();
    std::cerr << text << std::flush;
    dirty_ = true;
  }

 private:
  void WipeLine() {
    if (std::exchange(dirty_, false)) std::cerr << "\r\x1b[K";
  }

  std::mutex mutex_;
  bool json_;
  bool shown_;
  bool dirty_ = false;
};

void Print(const LiveReport& report, const LiveOptions& options) {
  if (options.package.json) {
    const nlohmann::ordered_json line = {
        {"type", "live"},
        {"directory", report.directory.string()},
        {"segments", report.segments},
        {"seconds", report.seconds},
        {"feeds", report.feeds}};
    std::cout << line.dump() << std::endl;
    return;
  }
  if (options.package.quiet) return;
  std::cout << report.directory.string() << ": " << report.segments
            << " segments; it has ended and can be watched as a whole\n";
}

int Fail(const Error& error) {
  std::cerr << "usher: " << error.OneLine() << '\n';
  return ExitCodeOf(error);
}

int RunLiveCommand(const SettingFlags& flags) {
  const auto options = ReadOptions(flags);
  if (!options) return Fail(options.error());
  if (options->print_obs) {
    const auto settings = ObsSettings(*options);
    if (!settings) return Fail(settings.error());
    std::cout << *settings;
    return kExitDone;
  }
  if (options->stop) {
    const auto stopped = live::StateDirectory::Stop(options->state);
    return stopped ? kExitDone : Fail(stopped.error());
  }
  crypto::SystemRandom random;
  const SystemClock clock;
  StatusLine line(*options);
  const auto log = [&](const std::string& what) {
    if (!options->package.quiet) line.Tell(what);
  };
  const auto report = live::RunLive(
      *options, {random, clock, HandleSignals(), log,
                 [&line](const LiveStatus& status) { line.Show(status); }});
  line.Wipe();
  if (!report) return Fail(report.error());
  Print(*report, *options);
  return kExitDone;
}

}  // namespace

void AddLiveCommand(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand(
      "live", "Cut and encrypt what an encoder sends, as it comes");
  const auto flags = std::make_shared<SettingFlags>(config::LiveSettingTable());
  flags->AddTo(*command);
  command->callback(
      [flags, &exit_code] { exit_code = RunLiveCommand(*flags); });
}

}  // namespace usher::cli
