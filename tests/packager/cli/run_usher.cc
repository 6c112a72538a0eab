#include "tests/packager/cli/run_usher.h"

#include <gtest/gtest.h>

#include "packager/cli/root_command.h"

namespace usher::testing {

Outcome RunUsher(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "usher");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int exit_code = cli::Run(static_cast<int>(argv.size()), argv.data());
  return {exit_code, ::testing::internal::GetCapturedStdout(),
          ::testing::internal::GetCapturedStderr()};
}

}  // namespace usher::testing
