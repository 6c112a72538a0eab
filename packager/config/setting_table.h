// The settings of `usher package`, one row each: the command line makes its
// flags from this table and the YAML reader its keys, so each has its twin.
#pragma once

#include <span>
#include <string_view>

#include "core/base/error.h"
#include "packager/config/package_settings.h"

namespace usher::config {

enum class SettingKind {
  kValue,   // once: --event NAME, event: NAME
  kList,    // repeatable: assign appends. YAML: one value or a sequence
  kSwitch,  // --force, force: true. assign takes "true" or "false"
};

struct Setting {
  std::string_view name;      // "segment-duration": --NAME and the YAML key
  std::string_view flags;     // as CLI11 takes it: "-o,--output"; "" for inputs
  std::string_view argument;  // "DIR"; empty for a switch
  std::string_view help;
  SettingKind kind;
  // Checks and stores one value. An error's `where` is left empty.
  Status (*assign)(PackageSettings& settings, std::string_view value);
};

// The first row is `inputs`: positional on the command line.
std::span<const Setting> PackageSettingTable();

}  // namespace usher::config
