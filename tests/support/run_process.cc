#include "tests/support/run_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace usher::testing {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) Die("pipe2");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void CloseRead() { CloseEnd(read_end); }
  void CloseWrite() { CloseEnd(write_end); }

 private:
  static void CloseEnd(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

struct Descriptors {
  int in;
  int out;
  int err;
};

// Between fork and exec only async-signal-safe calls are allowed: the test
// program may have threads. So all strings are made before.
class Launcher {
 public:
  Launcher(const std::vector<std::string>& argv, const ProcessOptions& options)
      : environment_(options.environment),
        directory_(options.directory.string()) {
    for (const std::string& argument : argv) {
      argv_.push_back(const_cast<char*>(argument.c_str()));
    }
    argv_.push_back(nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (!Replaces(*entry)) envp_.push_back(*entry);
    }
    for (std::string& entry : environment_) envp_.push_back(entry.data());
    envp_.push_back(nullptr);
  }

  pid_t Start(const Descriptors& fds) {
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) Die("fork");
    if (pid == 0) Exec(fds, parent);
    setpgid(pid, pid);  // also here: whoever comes first
    return pid;
  }

 private:
  [[noreturn]] void Exec(const Descriptors& fds, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    if (!directory_.empty() && chdir(directory_.c_str()) != 0) _exit(127);
    dup2(fds.in, STDIN_FILENO);
    dup2(fds.out, STDOUT_FILENO);
    dup2(fds.err, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    execvpe(argv_[0], argv_.data(), envp_.data());
    constexpr char kMessage[] = "cannot execute the program\n";
    (void)!write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
    _exit(127);
  }

  // Whether an added variable has the name of the inherited `entry`.
  bool Replaces(std::string_view entry) const {
    const std::string_view name = entry.substr(0, entry.find('=') + 1);
    return std::ranges::any_of(environment_, [name](const std::string& added) {
      return added.starts_with(name);
    });
  }

  std::vector<std::string> environment_;
  std::string directory_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

int ExitCodeFrom(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The exit code once `pid` has ended, or nothing at the deadline.
std::optional<int> WaitUntil(pid_t pid, Clock::time_point deadline) {
  for (;;) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) return ExitCodeFrom(status);
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

int Open(const char* file, int flags) {
  const int fd = open(file, flags | O_CLOEXEC, 0666);
  if (fd < 0) Die(file);
  return fd;
}

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - Clock::now());
  return static_cast<int>(std::max<int64_t>(left.count(), 0));
}

// Moves what is ready between the pipes and the strings until both outputs are
// closed or the time is up.
void Pump(Pipe& in, Pipe& out, Pipe& err, std::string_view input,
          ProcessResult& result, Clock::time_point deadline) {
  fcntl(in.write_end, F_SETFL, O_NONBLOCK);
  const auto drain = [](Pipe& from, std::string& to) {
    char buffer[16384];
    const ssize_t got = read(from.read_end, buffer, sizeof buffer);
    if (got > 0) to.append(buffer, static_cast<size_t>(got));
    if (got == 0) from.CloseRead();
  };
  while (out.read_end >= 0 || err.read_end >= 0) {
    if (input.empty()) in.CloseWrite();
    std::array<pollfd, 3> fds{{{out.read_end, POLLIN, 0},
                               {err.read_end, POLLIN, 0},
                               {in.write_end, POLLOUT, 0}}};
    const int ready = poll(fds.data(), fds.size(), MillisecondsUntil(deadline));
    if (ready == 0) return;
    if (fds[0].revents != 0) drain(out, result.out);
    if (fds[1].revents != 0) drain(err, result.err);
    if (fds[2].revents != 0) {
      const ssize_t put = write(in.write_end, input.data(), input.size());
      // A child that does not read its input is not an error of the test.
      input.remove_prefix(put > 0           ? static_cast<size_t>(put)
                          : errno == EAGAIN ? 0
                                            : input.size());
    }
  }
}

}  // namespace

ProcessResult RunProcess(const std::vector<std::string>& argv,
                         const ProcessOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  const auto deadline = Clock::now() + options.timeout;
  Pipe in;
  Pipe out;
  Pipe err;
  Launcher launcher(argv, options);
  const pid_t pid = launcher.Start({in.read_end, out.write_end, err.write_end});
  in.CloseRead();
  out.CloseWrite();
  err.CloseWrite();
  ProcessResult result;
  Pump(in, out, err, options.input, result, deadline);
  std::optional<int> exit_code = WaitUntil(pid, deadline);
  if (!exit_code) {
    result.timed_out = true;
    kill(-pid, SIGKILL);
    exit_code = WaitUntil(pid, Clock::now() + std::chrono::seconds(10));
  }
  result.exit_code = exit_code.value_or(-1);
  return result;
}

ChildProcess::ChildProcess(const std::vector<std::string>& argv,
                           const std::filesystem::path& log,
                           const ProcessOptions& options) {
  const int in = Open("/dev/null", O_RDONLY);
  const int out = Open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  pid_ = Launcher(argv, options).Start({in, out, out});
  close(in);
  close(out);
}

ChildProcess::~ChildProcess() { Stop(); }

bool ChildProcess::running() {
  return !Wait(std::chrono::milliseconds(0)).has_value();
}

void ChildProcess::Signal(int signal_number) const {
  if (!exit_code_) kill(pid_, signal_number);
}

std::optional<int> ChildProcess::Wait(std::chrono::milliseconds timeout) {
  if (!exit_code_) exit_code_ = WaitUntil(pid_, Clock::now() + timeout);
  return exit_code_;
}

int ChildProcess::Stop(std::chrono::milliseconds grace) {
  if (exit_code_) return *exit_code_;
  Signal(SIGTERM);
  if (!Wait(grace)) {
    kill(-pid_, SIGKILL);
    Wait(std::chrono::seconds(10));
  }
  kill(-pid_, SIGKILL);  // whoever of the group outlived its leader
  return exit_code_.value_or(-1);
}

}  // namespace usher::testing
