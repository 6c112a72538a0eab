#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "core/base/hex.h"
#include "packager/cli/command.h"
#include "packager/inspect/inspector.h"

namespace usher::cli {
namespace {

struct InspectArguments {
  std::string target;
  std::vector<std::string> keys;
  unsigned every = 1;
  bool json = false;
  bool insecure = false;
};

// "KID:KEY", both 32 hex digits. The error never repeats the text: it may be
// a key in the wrong place.
Status AddKey(const std::string& text, inspect::KeyRing& ring) {
  const size_t colon = text.find(':');
  const auto kid = keys::KeyId::Parse(text.substr(0, colon));
  auto key = colon == std::string::npos ? std::nullopt
                                        : FromHex(text.substr(colon + 1));
  if (!kid || !key || key->size() != 16) {
    return BadInput("--key", "is not KID:KEY", "write both as 32 hex digits");
  }
  ring.insert_or_assign(*kid, SecretBytes(std::move(*key)));
  return {};
}

std::string Count(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void Print(const inspect::Inspection& inspection, bool json) {
  using inspect::Severity;
  const inspect::Findings& findings = inspection.findings;
  for (const inspect::Finding& finding : findings.all()) {
    std::cout << (json ? finding.Json() : finding.OneLine()) << '\n';
  }
  if (json) return;
  std::cout << Count(findings.Count(Severity::kError), "error") << ", "
            << Count(findings.Count(Severity::kWarning), "warning") << ", "
            << Count(findings.Count(Severity::kNote), "note") << "; "
            << Count(inspection.segments, "segment") << " of "
            << Count(inspection.renditions, "rendition") << " judged\n";
}

Result<int> RunInspect(const InspectArguments& arguments) {
  inspect::InspectOptions options;
  options.every = arguments.every;
  for (const std::string& key : arguments.keys) {
    if (auto added = AddKey(key, options.keys); !added) {
      return std::unexpected(added.error());
    }
  }
  inspect::AnyLoader loader(arguments.insecure);
  auto inspection = inspect::Inspect(arguments.target, options, loader);
  if (!inspection) return std::unexpected(inspection.error());
  Print(*inspection, arguments.json);
  return inspection->findings.Count(inspect::Severity::kError) > 0 ? kExitFailed
                                                                   : kExitDone;
}

}  // namespace

void AddInspectCommand(CLI::App& root, int& exit_code) {
  auto arguments = std::make_shared<InspectArguments>();
  CLI::App* command = root.add_subcommand(
      "inspect", "Judges a packaged presentation, one line per finding.");
  command
      ->add_option("target", arguments->target,
                   "Playlist, MPD or directory; path or http(s) URL")
      ->required();
  command
      ->add_option("--key", arguments->keys,
                   "KID:KEY in hex, to judge what is encrypted")
      ->type_name("KID:KEY")
      ->allow_extra_args(false);
  command->add_option("--every", arguments->every, "Read each n-th segment")
      ->check(CLI::Range(1U, 1'000'000U));
  command->add_flag("--insecure", arguments->insecure,
                    "Accept any TLS certificate");
  command->add_flag("--json", arguments->json, "One JSON object per finding");
  command->callback([arguments, &exit_code] {
    const auto result = RunInspect(*arguments);
    if (!result) std::cerr << "usher: " << result.error().OneLine() << '\n';
    exit_code = result ? *result : ExitCodeOf(result.error());
  });
}

}  // namespace usher::cli
