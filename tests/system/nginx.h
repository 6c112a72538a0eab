// A real nginx with the module under a private prefix, as a test describes it.
//
//   Nginx nginx;                       // prefix, box office
//   nginx.Start("server { listen $port1; location / { usher on; } }");
//   Answer answer = Get(nginx.port(), "/film/master.m3u8");
//
// The configuration is a text in which $port1 to $port4 stand for addresses
// (free ports of 127.0.0.1) and $prefix for the directory. The object stops the
// process it started and fails the test for any [alert], [emerg], sanitizer
// report or crash in the logs. One thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {

class Nginx {
 public:
  Nginx();
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  // Memory is then kept after it was freed, for a while.
  static bool IsSanitized();

  const std::filesystem::path& prefix() const { return directory_.path(); }
  // The number-th port of the configuration, from 1.
  uint16_t port(size_t number = 1) const { return ports_.at(number - 1); }

  // Files the test serves or names, below the prefix; directories are made.
  void Write(std::string_view name, std::string_view contents) const;

  // Starts with these lines of the http block, behind a preamble that loads the
  // module, names logs and temporary paths, and the box office's files
  // (box_office.h). Returns once it accepts connections.
  void Start(std::string_view http);
  // The whole file instead; only the placeholders are replaced.
  void StartFile(std::string_view configuration);
  void Stop();

  // SIGHUP with another http block (or the same), until the old workers, which
  // must have no connection left, are gone.
  void Reload(std::string_view http);
  void Reload();
  // SIGHUP, and no waiting: for configurations that are refused.
  void RequestReload(std::string_view http);
  // Kills one worker and waits for the next one.
  void KillWorker();
  // All of it at once, as when a machine's power goes.
  void Kill();
  std::vector<pid_t> Workers() const;
  pid_t pid() const { return process_->pid(); }

  // Another build of the module than the one beside this program.
  void SetModule(std::filesystem::path module) { module_ = std::move(module); }
  // Workers run as root where the test does: they could not enter the prefix.
  // This names another user.
  void SetUser(std::string user) { user_ = std::move(user); }
  // The network namespace it runs in, and its address there, where that is not
  // this program's own (fleet_network.h). Before anything is started.
  void SetHome(std::string network_namespace, std::string address) {
    namespace_ = std::move(network_namespace);
    address_ = std::move(address);
  }
  const std::string& address() const { return address_; }
  // A program, and its arguments, that runs nginx, to take something from it.
  void SetWrapper(std::vector<std::string> wrapper) {
    wrapper_ = std::move(wrapper);
  }
  // Two where nothing is said.
  void SetWorkers(int count) { workers_ = count; }

  // `nginx -t` over these http lines.
  ProcessResult Test(std::string_view http);

  std::string ErrorLog() const;
  std::string AccessLog() const;
  // Everything nginx wrote to any log.
  std::string AllLogs() const;
  // Until `text` is in the error log; false where it does not come.
  bool WaitForError(std::string_view text) const;
  // Errors of level alert and above that the test provokes on purpose.
  void ExpectAlarm(std::string text) { expected_.push_back(std::move(text)); }

 private:
  std::string Fill(std::string_view text);
  std::vector<pid_t> Children() const;
  void WriteConfiguration(std::string_view http);
  void ExpectQuietLogs() const;
  std::vector<std::string> Command() const;

  TempDir directory_;
  std::vector<uint16_t> ports_;
  std::filesystem::path module_ = USHER_MODULE;
  std::string user_ = "root";
  std::string namespace_;
  std::string address_ = "127.0.0.1";
  std::vector<std::string> wrapper_;
  int workers_ = 2;
  std::string http_;
  std::unique_ptr<ChildProcess> process_;
  std::vector<std::string> expected_;
};

size_t CountOf(std::string_view text, std::string_view part);

// Until `condition` holds, for at most 20 s.
template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace usher::testing
