// The command-line flags of a subcommand, made from its setting table, and
// --config, which reads the same settings from YAML.
//
// One object per subcommand; lives until the command line was parsed and read.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/config/setting_table.h"

namespace usher::cli {

class SettingFlags {
 public:
  explicit SettingFlags(std::span<const config::Setting> table)
      : table_(table), values_(table.size()) {}

  void AddTo(CLI::App& command);
  // What the command line said. Fails with the error of a row, which names the
  // flag.
  Status ReadInto(config::PackageSettings& settings) const;
  // Empty where there was no --config.
  const std::string& config_file() const { return config_file_; }

 private:
  void AddFlag(CLI::App& command, size_t row);

  std::span<const config::Setting> table_;
  std::vector<std::vector<std::string>> values_;  // one entry a row
  std::string config_file_;
};

}  // namespace usher::cli
