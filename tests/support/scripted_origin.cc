#include "tests/support/scripted_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <ranges>
#include <utility>

namespace usher::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// Head and body; empty where the peer went before.
std::string ReadRequest(int socket) {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string bytes;
  char buffer[65536];
  size_t size = std::string::npos;
  while (bytes.size() < size) {
    const ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
    if (got <= 0) return {};
    bytes.append(buffer, static_cast<size_t>(got));
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const size_t length = bytes.find(kLength);
    size = end + 4;
    if (length < end) size += std::stoul(bytes.substr(length + kLength.size()));
  }
  return bytes;
}

void SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string Encode(const OriginReply& reply, std::string_view method) {
  std::string text =
      "HTTP/1.1 " + std::to_string(reply.status) + " Scripted\r\n";
  text += reply.headers;
  if (reply.status != 304) {
    text += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  }
  text += "Connection: close\r\n\r\n";
  if (method != "HEAD" && reply.status != 304) {
    text += std::string_view(reply.body)
                .substr(0, reply.cut_after.value_or(reply.body.size()));
  }
  return text;
}

int Listen(uint16_t* port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || bind(listener, generic, size) != 0 ||
      listen(listener, SOMAXCONN) != 0 ||
      getsockname(listener, generic, &size) != 0) {
    std::abort();
  }
  *port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

ScriptedOrigin::ScriptedOrigin(Script script) : script_(std::move(script)) {
  listener_ = Listen(&port_);
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedOrigin::~ScriptedOrigin() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (const auto& [socket, open] : sockets_) {
      if (open) shutdown(socket, SHUT_RDWR);
    }
  }
  changed_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& servant : servants_) servant.join();
  close(listener_);
}

void ScriptedOrigin::Accept() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::scoped_lock lock(mutex_);
    if (stopping_ || socket < 0) {
      if (socket >= 0) close(socket);
      return;
    }
    sockets_[socket] = true;
    servants_.emplace_back([this, socket] { Serve(socket); });
  }
}

void ScriptedOrigin::Serve(int socket) {
  std::string bytes = ReadRequest(socket);
  if (!bytes.empty()) {
    const OriginRequest request = Count(std::move(bytes));
    const OriginReply reply = script_(request);
    Delay(reply);
    if (!reply.silent) SendAll(socket, Encode(reply, request.method));
  }
  const std::scoped_lock lock(mutex_);
  sockets_[socket] = false;
  close(socket);
}

OriginRequest ScriptedOrigin::Count(std::string bytes) {
  OriginRequest request;
  std::string head = bytes.substr(0, bytes.find("\r\n\r\n") + 4);
  request.body = bytes.substr(head.size());
  const size_t method_end = head.find(' ');
  const size_t target_end = head.find(' ', method_end + 1);
  request.method = head.substr(0, method_end);
  request.target = head.substr(method_end + 1, target_end - method_end - 1);
  request.head = std::move(head);
  const std::scoped_lock lock(mutex_);
  request.nth = ++counts_[request.target];
  changed_.notify_all();
  return request;
}

void ScriptedOrigin::Delay(const OriginReply& reply) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, reply.delay, [this] { return stopping_; });
  if (reply.held) {
    changed_.wait(lock, [this] { return released_ || stopping_; });
  }
}

int ScriptedOrigin::requests(std::string_view target) const {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(target);
  return found == counts_.end() ? 0 : found->second;
}

int ScriptedOrigin::requests() const {
  const std::scoped_lock lock(mutex_);
  int sum = 0;
  for (const int count : counts_ | std::views::values) sum += count;
  return sum;
}

bool ScriptedOrigin::WaitForRequests(std::string_view target, int count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] {
    const auto found = counts_.find(target);
    return found != counts_.end() && found->second >= count;
  });
}

void ScriptedOrigin::Release() {
  {
    const std::scoped_lock lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
}

}  // namespace usher::testing
