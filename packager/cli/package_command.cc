// usher package: its flags are the rows of packager/config/setting_table.h.
#include <malloc.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/system_random.h"
#include "packager/cli/command.h"
#include "packager/cli/package_report.h"
#include "packager/cli/progress_line.h"
#include "packager/cli/signals.h"
#include "packager/cli/verification.h"
#include "packager/config/package_settings.h"
#include "packager/config/setting_table.h"
#include "packager/config/yaml_config.h"
#include "packager/pipeline/package.h"

namespace usher::cli {
namespace {

using config::PackageOptions;
using config::PackageSettings;
using config::Setting;
using config::SettingKind;

// What the command line said, one entry a row of the table.
struct Arguments {
  std::vector<std::vector<std::string>> values;
  std::string config_file;
};

void AddFlag(CLI::App& command, const Setting& setting,
             std::vector<std::string>& values) {
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

std::string FlagOf(const Setting& setting) {
  return setting.flags.empty() ? std::string(setting.argument)
                               : "--" + std::string(setting.name);
}

Result<PackageSettings> ReadFlags(const Arguments& arguments) {
  PackageSettings settings;
  const auto table = config::PackageSettingTable();
  for (size_t row = 0; row < table.size(); ++row) {
    for (const std::string& value : arguments.values[row]) {
      auto assigned = table[row].assign(settings, value);
      if (assigned) continue;
      Error error = std::move(assigned).error();
      if (error.where.empty()) error.where = FlagOf(table[row]);
      return std::unexpected(std::move(error));
    }
  }
  return settings;
}

Result<PackageOptions> ReadOptions(const Arguments& arguments) {
  auto settings = ReadFlags(arguments);
  if (settings && !arguments.config_file.empty()) {
    auto from_file = config::ReadYamlConfig(arguments.config_file);
    if (!from_file) return std::unexpected(std::move(from_file).error());
    settings = config::Merge(*std::move(settings), *std::move(from_file));
  }
  if (!settings) return std::unexpected(std::move(settings).error());
  return config::Resolve(*std::move(settings),
                         config::Environment::OfProcess());
}

// Segments come and go; what they leave is to go back to the system at once,
// not to pile up in the heap.
void KeepHeapSmall() {
  constexpr int kOneMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kOneMebibyte);
}

Result<PackageReport> PackageWithProgress(const PackageOptions& options) {
  KeepHeapSmall();
  crypto::SystemRandom random;
  ProgressLine progress(!options.quiet);
  return Package(options, {random, progress, HandleSignals()});
}

void Print(const PackageReport& report, const PackageOptions& options) {
  if (options.json) {
    std::cout << FormatAsJson(report, options.dry_run);
    return;
  }
  if (options.quiet) return;
  for (const std::string& warning : report.warnings) {
    std::cerr << "usher: warning: " << warning << '\n';
  }
  std::cout << FormatForPeople(report, options.dry_run);
}

int Fail(const Error& error) {
  std::cerr << "usher: " << error.OneLine() << '\n';
  return ExitCodeOf(error);
}

int RunPackage(const Arguments& arguments) {
  const auto options = ReadOptions(arguments);
  if (!options) return Fail(options.error());
  const auto report = PackageWithProgress(*options);
  if (!report) return Fail(report.error());
  Print(*report, *options);
  if (options->verify && !options->dry_run) {
    const Status verified = Verify(*report, *options);
    if (!verified) return Fail(verified.error());
  }
  std::cout.flush();
  if (std::cout) return kExitDone;
  return Fail({ErrorKind::kFailed, "standard output", "cannot be written", {}});
}

}  // namespace

void AddPackageCommand(CLI::App& root, int& exit_code) {
  CLI::App* command =
      root.add_subcommand("package", "Cut and encrypt films into HLS and DASH");
  const auto table = config::PackageSettingTable();
  const auto arguments = std::make_shared<Arguments>();
  arguments->values.resize(table.size());
  for (size_t row = 0; row < table.size(); ++row) {
    AddFlag(*command, table[row], arguments->values[row]);
  }
  command
      ->add_option("--config", arguments->config_file,
                   "YAML file with the same settings; flags win")
      ->option_text("FILE");
  command->callback(
      [arguments, &exit_code] { exit_code = RunPackage(*arguments); });
}

}  // namespace usher::cli
