// Runs a command line of `usher` inside the test program.
#pragma once

#include <string>
#include <vector>

namespace usher::testing {

struct Outcome {
  int exit_code;
  std::string out;
  std::string err;
};

// `arguments` without the program's own name. Whatever `usher package` makes is
// judged as `usher inspect` judges it: an error found there is the command's.
Outcome RunUsher(std::vector<std::string> arguments);

}  // namespace usher::testing
