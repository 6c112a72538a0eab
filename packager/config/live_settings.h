// What the user said to `usher live`: the settings it shares with `usher
// package`, and its own. The flow is that of package_settings.h.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/config/publish_settings.h"
#include "packager/config/setting_table.h"

namespace usher::config {

struct LiveSettings : PackageSettings {
  std::optional<double> window;         // seconds; 0: all
  std::optional<double> part_duration;  // seconds
  std::optional<bool> realtime;
  std::optional<bool> print_obs;
  std::optional<std::filesystem::path> key_output;
  PublishSettings publish;
  std::optional<std::filesystem::path> state;
  std::optional<bool> stop;
  std::optional<std::filesystem::path> slate;
  std::optional<Date> epoch;
};

// Rows that are `usher package`'s, and live's own; these take a LiveSettings.
std::span<const Setting> LiveSettingTable();

LiveSettings Merge(LiveSettings flags, LiveSettings config);

struct LiveOptions {
  PackageOptions package;            // without inputs
  std::string input;                 // a URL, a file, or "-"
  std::optional<double> window;      // seconds; none: everything stays listed
  double part_duration = 0;          // seconds; 0: no low latency
  bool realtime = false;             // read a file at its own pace
  bool print_obs = false;            // say what to type into OBS, and no more
  std::filesystem::path key_output;  // a directory; empty: none
  PublishOptions publish;
  std::filesystem::path slate;  // fills gaps; empty: none
  std::filesystem::path state;  // the journal's directory; empty: none
  bool stop = false;            // end the event of `state`, and no more
  // When the input's timestamps were zero, where they tell the time.
  std::optional<Date> epoch;
};

// Every error is BadInput. None repeats a URL, which may hold a secret.
Result<LiveOptions> Resolve(LiveSettings settings,
                            const Environment& environment);

// Whether `input` names something to connect to or listen on.
bool IsUrl(const std::string& input);

}  // namespace usher::config
