#include "tests/system/nginx.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/support/free_port.h"
#include "tests/system/box_office.h"

namespace usher::testing {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPreamble = R"(
$user
worker_processes $workers;
pid $prefix/nginx.pid;
error_log $prefix/logs/error.log notice;
load_module $module;
events { worker_connections 512; }
http {
  default_type application/octet-stream;
  types {
    application/vnd.apple.mpegurl m3u8;
    application/dash+xml mpd;
    video/mp4 mp4 m4s;
    text/html html;
  }
  client_body_temp_path $prefix/tmp/body;
  proxy_temp_path $prefix/tmp/proxy;
  fastcgi_temp_path $prefix/tmp/fastcgi;
  uwsgi_temp_path $prefix/tmp/uwsgi;
  scgi_temp_path $prefix/tmp/scgi;
  log_format everything '$remote_addr "$request" $status $uri $request_uri '
    '$document_uri $args $query_string $is_args $arg_ticket "$http_referer" '
    '"$http_authorization" "$http_cookie" $cookie_ticket "$request_body" '
    '"$sent_http_location" "$http_host" $upstream_cache_status '
    '$usher_cache_key $usher_event $usher_session $usher_verdict '
    '$usher_licence';
  access_log $prefix/logs/access.log combined;
  access_log $prefix/logs/everything.log everything;
)";

constexpr std::string_view kSecrets = R"(
  usher_zone 1m;
  usher_ticket_keys $prefix/jwks.json;
  usher_session_secrets $prefix/session-secrets;
)";

// So that a preloaded sanitizer runtime finds the C++ library's symbols.
std::vector<std::string> SanitizerEnvironment(const fs::path& prefix) {
  const std::string_view preload = USHER_PRELOAD;
  if (preload.empty()) return {};
  const std::string log = (prefix / "logs/sanitizer").string();
  return {"LD_PRELOAD=" + std::string(preload),
          "ASAN_OPTIONS=detect_leaks=0:log_path=" + log,
          "UBSAN_OPTIONS=print_stacktrace=1:log_path=" + log};
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string ReadIfThere(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos;
       at += part.size()) {
    ++count;
  }
  return count;
}

bool Nginx::IsSanitized() { return !std::string_view(USHER_PRELOAD).empty(); }

Nginx::Nginx() {
  fs::create_directories(prefix() / "logs");
  fs::create_directories(prefix() / "tmp");
  for (int i = 0; i < 4; ++i) ports_.push_back(FreePort());
  BoxOffice::The().WriteFiles(prefix());
}

Nginx::~Nginx() {
  Stop();
  ExpectQuietLogs();
}

void Nginx::Write(std::string_view name, std::string_view contents) const {
  const fs::path file = prefix() / name;
  fs::create_directories(file.parent_path());
  WriteFile(file, contents);
}

void Nginx::Start(std::string_view http) {
  WriteConfiguration(http);
  StartFile(ReadFile(prefix() / "nginx.conf"));
}

void Nginx::StartFile(std::string_view configuration) {
  const std::string text = Fill(configuration);
  WriteFile(prefix() / "nginx.conf", text);
  process_ = std::make_unique<ChildProcess>(
      Command(), prefix() / "logs/start.log",
      ProcessOptions{.environment = SanitizerEnvironment(prefix())});
  for (const uint16_t port : ports_) {
    const std::string listen = "listen " + address_ + ":";
    if (!text.contains(listen + std::to_string(port))) continue;
    const bool up = WaitUntil([&] {
      return !process_->running() ||
             WaitForListener(port, std::chrono::milliseconds(50), address_);
    });
    ASSERT_TRUE(up && process_->running()) << AllLogs();
  }
  ASSERT_TRUE(WaitUntil([&] { return Workers().size() >= 2; })) << AllLogs();
}

void Nginx::Stop() {
  if (process_) process_->Stop();
  process_.reset();
}

void Nginx::Reload() { Reload(http_); }

void Nginx::Reload(std::string_view http) {
  const std::vector<pid_t> old = Workers();
  RequestReload(http);
  const auto is_old = [&](pid_t pid) {
    return std::ranges::find(old, pid) != old.end();
  };
  EXPECT_TRUE(WaitUntil([&] {
    const auto workers = Workers();
    return workers.size() >= 2 && std::ranges::none_of(workers, is_old);
  })) << "the old workers did not go\n"
      << ErrorLog();
}

void Nginx::RequestReload(std::string_view http) {
  WriteConfiguration(http);
  WriteFile(prefix() / "nginx.conf", Fill(ReadFile(prefix() / "nginx.conf")));
  process_->Signal(SIGHUP);
}

void Nginx::KillWorker() {
  const std::vector<pid_t> before = Workers();
  ASSERT_FALSE(before.empty());
  // nginx reports it as an alert, which this test has asked for.
  ExpectAlarm("exited on signal 9");
  kill(before.front(), SIGKILL);
  EXPECT_TRUE(WaitUntil([&] {
    const auto workers = Workers();
    return workers.size() == before.size() &&
           std::ranges::find(workers, before.front()) == workers.end();
  }));
}

void Nginx::Kill() {
  const std::vector<pid_t> children = Children();
  // First the master, who would start others.
  process_->Signal(SIGKILL);
  for (const pid_t child : children) kill(child, SIGKILL);
  process_.reset();
}

// Those whose title says so; cache managers are children, too.
std::vector<pid_t> Nginx::Workers() const {
  std::vector<pid_t> workers = Children();
  std::erase_if(workers, [](pid_t pid) {
    const std::string title =
        ReadIfThere(fs::path("/proc") / std::to_string(pid) / "cmdline");
    return !title.contains("worker process");
  });
  return workers;
}

std::vector<pid_t> Nginx::Children() const {
  const std::string id = std::to_string(process_->pid());
  std::istringstream text(
      ReadIfThere(fs::path("/proc") / id / "task" / id / "children"));
  std::vector<pid_t> children;
  for (pid_t pid; text >> pid;) children.push_back(pid);
  return children;
}

ProcessResult Nginx::Test(std::string_view http) {
  WriteConfiguration(http);
  WriteFile(prefix() / "nginx.conf", Fill(ReadFile(prefix() / "nginx.conf")));
  std::vector<std::string> command = Command();
  command.push_back("-t");
  return RunProcess(command, {.environment = SanitizerEnvironment(prefix())});
}

std::string Nginx::ErrorLog() const {
  return ReadIfThere(prefix() / "logs/error.log");
}

std::string Nginx::AccessLog() const {
  return ReadIfThere(prefix() / "logs/access.log");
}

std::string Nginx::AllLogs() const {
  std::string all;
  for (const auto& entry : fs::directory_iterator(prefix() / "logs")) {
    all += ReadIfThere(entry.path());
  }
  return all;
}

bool Nginx::WaitForError(std::string_view text) const {
  return WaitUntil([&] { return ErrorLog().contains(text); });
}

std::string Nginx::Fill(std::string_view text) {
  std::string filled(text);
  Replace(filled, "$user", geteuid() == 0 ? "user " + user_ + ";" : "");
  Replace(filled, "$workers", std::to_string(workers_));
  Replace(filled, "$module", module_.string());
  Replace(filled, "$prefix", prefix().string());
  for (size_t i = ports_.size(); i-- > 0;) {
    const std::string address = address_ + ":" + std::to_string(ports_[i]);
    Replace(filled, "$port" + std::to_string(i + 1), address);
  }
  return filled;
}

void Nginx::WriteConfiguration(std::string_view http) {
  http_ = http;
  std::string text(kPreamble);
  for (std::string_view line :
       {std::string_view("usher_zone"), std::string_view("usher_ticket_keys"),
        std::string_view("usher_session_secrets")}) {
    if (http.contains(line)) continue;
    const size_t start = kSecrets.find(line);
    text += kSecrets.substr(start, kSecrets.find('\n', start) + 1 - start);
  }
  text.append(http).append("\n}\n");
  WriteFile(prefix() / "nginx.conf", text);
}

void Nginx::ExpectQuietLogs() const {
  std::istringstream lines(AllLogs());
  for (std::string line; std::getline(lines, line);) {
    const bool alarming =
        line.contains("[alert]") || line.contains("[emerg]") ||
        line.contains("Sanitizer") || line.contains("runtime error:");
    const bool wanted = std::ranges::any_of(
        expected_,
        [&](const std::string& text) { return line.contains(text); });
    EXPECT_FALSE(alarming && !wanted) << line;
  }
}

std::vector<std::string> Nginx::Command() const {
  std::vector<std::string> command;
  if (!namespace_.empty()) command = {"ip", "netns", "exec", namespace_};
  command.insert(command.end(), wrapper_.begin(), wrapper_.end());
  command.insert(command.end(),
                 {USHER_NGINX, "-p", prefix().string(), "-c",
                  (prefix() / "nginx.conf").string(), "-e",
                  (prefix() / "logs/error.log").string(), "-g", "daemon off;"});
  return command;
}

}  // namespace usher::testing
