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
#include "packager/cli/setting_flags.h"
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

Result<PackageOptions> ReadOptions(const SettingFlags& flags) {
  PackageSettings settings;
  if (auto read = flags.ReadInto(settings); !read) {
    return std::unexpected(std::move(read).error());
  }
  if (!flags.config_file().empty()) {
    auto from_file = config::ReadYamlConfig(flags.config_file());
    if (!from_file) return std::unexpected(std::move(from_file).error());
    settings = config::Merge(std::move(settings), *std::move(from_file));
  }
  return config::Resolve(std::move(settings), config::Environment::OfProcess());
}

// Segments come and go; what they leave is to go back to the system at once,
// not to pile up in the heap.
void KeepHeapSmall() {
  constexpr int kOneMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kOneMebibyte);
  // Else it would go back and come again with every frame that is read.
  mallopt(M_TRIM_THRESHOLD, 2 * kOneMebibyte);
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

int RunPackage(const SettingFlags& flags) {
  const auto options = ReadOptions(flags);
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
  const auto flags =
      std::make_shared<SettingFlags>(config::PackageSettingTable());
  flags->AddTo(*command);
  command->callback([flags, &exit_code] { exit_code = RunPackage(*flags); });
}

}  // namespace usher::cli
