#include "tests/packager/cli/run_usher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "packager/cli/root_command.h"

namespace usher::testing {
namespace {

bool Packages(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments.front() == "package";
}

bool Has(const std::vector<std::string>& arguments, const char* flag) {
  return std::ranges::find(arguments, flag) != arguments.end();
}

}  // namespace

Outcome RunUsher(std::vector<std::string> arguments) {
  // What one test looks at is whole, whatever it looks at.
  if (Packages(arguments) && !Has(arguments, "--verify")) {
    arguments.emplace_back("--verify");
  }
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
