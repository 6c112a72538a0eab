// A subcommand of `usher`: it adds its options to the root command, and runs
// when the command line names it.
//
// Exit codes: 0 done, 1 the work failed, 2 bad usage or bad input (see
// ExitCodeOf). Results go to stdout, everything else to stderr.
#pragma once

#include <CLI/CLI.hpp>

#include "core/base/error.h"

namespace usher::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadUsage = 2;

inline int ExitCodeOf(const Error& error) {
  return error.kind == ErrorKind::kBadInput ? kExitBadUsage : kExitFailed;
}

// Each sets `exit_code` from its callback; `root` and `exit_code` outlive the
// parse.
void AddPackageCommand(CLI::App& root, int& exit_code);
void AddLiveCommand(CLI::App& root, int& exit_code);
void AddKeyCommand(CLI::App& root, int& exit_code);
void AddTicketCommand(CLI::App& root, int& exit_code);
void AddInspectCommand(CLI::App& root, int& exit_code);
// revoke, sessions and event.
void AddControlCommands(CLI::App& root, int& exit_code);

}  // namespace usher::cli
