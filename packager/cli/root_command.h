// The root command `usher`: reads the command line and runs the subcommand it
// names.
#pragma once

namespace usher::cli {

// Returns the exit code (packager/cli/command.h). Bad usage is one line on
// stderr.
int Run(int argc, const char* const* argv);

}  // namespace usher::cli
