#include "packager/cli/setting_flags.h"

#include <utility>

namespace usher::cli {
namespace {

using config::Setting;
using config::SettingKind;

std::string FlagOf(const Setting& setting) {
  return setting.flags.empty() ? std::string(setting.argument)
                               : "--" + std::string(setting.name);
}

}  // namespace

void SettingFlags::AddTo(CLI::App& command) {
  for (size_t row = 0; row < table_.size(); ++row) AddFlag(command, row);
  command
      .add_option("--config", config_file_,
                  "YAML file with the same settings; flags win")
      ->option_text("FILE");
}

void SettingFlags::AddFlag(CLI::App& command, size_t row) {
  const Setting& setting = table_[row];
  std::vector<std::string>& values = values_[row];
  const std::string help(setting.help);
  if (setting.kind == SettingKind::kSwitch) {
    command.add_flag_callback(
        std::string(setting.flags), [&values] { values = {"true"}; }, help);
    return;
  }
  const bool positional = setting.flags.empty();
  CLI::Option* option = command.add_option(
      std::string(positional ? setting.name : setting.flags), values, help);
  option->type_name(std::string(setting.argument));
  option->option_text(std::string(setting.argument));
  if (positional) return;
  // One value each, so that an input may follow.
  option->allow_extra_args(false);
  if (setting.kind == SettingKind::kValue) option->expected(1);
}

Status SettingFlags::ReadInto(config::PackageSettings& settings) const {
  for (size_t row = 0; row < table_.size(); ++row) {
    for (const std::string& value : values_[row]) {
      auto assigned = table_[row].assign(settings, value);
      if (assigned) continue;
      Error error = std::move(assigned).error();
      if (error.where.empty()) error.where = FlagOf(table_[row]);
      return std::unexpected(std::move(error));
    }
  }
  return {};
}

}  // namespace usher::cli
