#include "packager/cli/root_command.h"

#include <exception>
#include <iostream>
#include <string>

#include "packager/cli/command.h"

namespace usher::cli {
namespace {

std::string HelpHint(const CLI::App& root) {
  const auto chosen = root.get_subcommands();
  return "see usher " +
         (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help";
}

int RefuseUsage(const CLI::App& root, const CLI::ParseError& error) {
  const Error usage{ErrorKind::kBadInput, "usher", error.what(),
                    HelpHint(root)};
  std::cerr << usage.OneLine() << '\n';
  return kExitBadUsage;
}

}  // namespace

int Run(int argc, const char* const* argv) {
  CLI::App root("Packages films for pay-per-view on your own nginx boxes.",
                "usher");
  root.set_version_flag("--version", "usher " USHER_VERSION);
  root.require_subcommand(1);
  int exit_code = kExitDone;
  AddPackageCommand(root, exit_code);
  AddLiveCommand(root, exit_code);
  AddKeyCommand(root, exit_code);
  AddTicketCommand(root, exit_code);
  AddInspectCommand(root, exit_code);
  AddControlCommands(root, exit_code);
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help and --version
    return root.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return RefuseUsage(root, error);
  } catch (const std::exception& error) {  // out of memory, say
    std::cerr << Error{ErrorKind::kFailed, "usher", error.what(), {}}.OneLine()
              << '\n';
    return kExitFailed;
  }
  return exit_code;
}

}  // namespace usher::cli
