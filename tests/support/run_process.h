// Child processes of a test: run one to its end, or keep one and stop it.
//
// A child is started with an argument vector (no shell), in a process group of
// its own, and dies with the thread that started it. Every wait has a limit, so
// that a hung child fails one test instead of the whole run.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing {

// Initialised as in {.input = "..."}.
struct ProcessOptions {
  // Standard input; /dev/null where empty.
  std::string_view input = {};
  // Working directory; the test's own where empty.
  std::filesystem::path directory = {};
  // "NAME=value", added to the test's own or in place of them.
  std::vector<std::string> environment = {};
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

struct ProcessResult {
  int exit_code = -1;  // 128 + signal where a signal ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

// Runs argv[0] (searched in PATH) to its end.
ProcessResult RunProcess(const std::vector<std::string>& argv,
                         const ProcessOptions& options = {});

// A child that runs beside the test: a server. Standard output and error go to
// `log`. Stopped, its whole group with it, when the object goes.
class ChildProcess {
 public:
  ChildProcess(const std::vector<std::string>& argv,
               const std::filesystem::path& log,
               const ProcessOptions& options = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void Signal(int signal_number) const;
  // The exit code, or nothing where the child still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);
  // SIGTERM, then SIGKILL to the group after `grace`. Returns the exit code.
  int Stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace usher::testing
