#include "tests/support/request_burst.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace usher::testing {
namespace {

using std::chrono::steady_clock;

int Connect(uint16_t port) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (peer < 0 || connect(peer, reinterpret_cast<sockaddr*>(&address),
                          sizeof(address)) != 0) {
    std::abort();
  }
  const int on = 1;
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return peer;
}

size_t NumberIn(std::string_view text) {
  size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string BurstReply::Header(std::string_view name) const {
  size_t line = head.find("\r\n");
  while (line != std::string::npos) {
    line += 2;
    const size_t end = head.find("\r\n", line);
    const std::string_view text =
        std::string_view(head).substr(line, end - line);
    if (text.size() > name.size() + 1 && text[name.size()] == ':' &&
        std::ranges::equal(text.substr(0, name.size()), name, {},
                           [](unsigned char c) { return std::tolower(c); })) {
      return std::string(text.substr(name.size() + 2));
    }
    line = end;
  }
  return {};
}

RequestBurst::RequestBurst(uint16_t port, size_t count)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(count),
      replies_(count) {
  for (size_t i = 0; i < count; ++i) {
    connections_[i].socket = Connect(port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].socket, &event) != 0) {
      std::abort();
    }
    replies_[i].head.reserve(1024);
  }
}

RequestBurst::~RequestBurst() {
  for (const Connection& connection : connections_) {
    if (connection.socket >= 0) close(connection.socket);
  }
  close(epoll_);
}

void RequestBurst::Send(size_t first, size_t count, std::string_view target,
                        std::string_view headers, std::string_view method) {
  std::string request(method);
  request.append(" ").append(target);
  request.append(" HTTP/1.1\r\nHost: usher.test\r\n");
  request.append(headers).append("\r\n");
  for (size_t i = first; i < first + count; ++i) {
    Connection& connection = connections_[i];
    connection.waiting = true;
    connection.head_only = method == "HEAD";
    connection.expected = 0;
    replies_[i].head.clear();
    replies_[i].body_start.clear();
    replies_[i].status = 0;
    replies_[i].body_size = 0;
    replies_[i].complete = false;
    connection.sent = steady_clock::now();
    if (send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      Abort(i);
    }
  }
}

void RequestBurst::Abort(size_t index) {
  close(connections_[index].socket);
  connections_[index].socket = -1;
  connections_[index].waiting = false;
}

bool RequestBurst::Wait(std::chrono::milliseconds timeout) {
  const auto end = steady_clock::now() + timeout;
  std::array<epoll_event, 256> events{};
  while (std::ranges::any_of(connections_, &Connection::waiting)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - steady_clock::now());
    if (left.count() <= 0) return false;
    const int ready =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                   static_cast<int>(left.count()));
    for (int i = 0; i < ready; ++i) {
      Read(events[static_cast<size_t>(i)].data.u64);
    }
  }
  return true;
}

void RequestBurst::Read(size_t index) {
  const auto now = steady_clock::now();
  std::array<char, 65536> buffer{};
  const ssize_t got = recv(connections_[index].socket, buffer.data(),
                           buffer.size(), MSG_DONTWAIT);
  if (got < 0) return;
  if (got == 0) {
    Abort(index);
    return;
  }
  if (replies_[index].head.empty()) {
    replies_[index].first_byte = now - connections_[index].sent;
  }
  Take(index, {buffer.data(), static_cast<size_t>(got)});
}

void RequestBurst::Take(size_t index, std::string_view bytes) {
  Connection& connection = connections_[index];
  BurstReply& reply = replies_[index];
  if (reply.status == 0) {
    reply.head.append(bytes);
    const size_t end = reply.head.find("\r\n\r\n");
    if (end == std::string::npos) return;
    reply.body_start = reply.head.substr(end + 4);
    reply.body_size = reply.body_start.size();
    reply.head.resize(end + 2);
    reply.status = static_cast<int>(NumberIn(reply.head.substr(9, 3)));
    connection.expected = NumberIn(reply.Header("content-length"));
    if (connection.head_only || reply.status == 304) connection.expected = 0;
  } else {
    if (reply.body_start.empty()) reply.body_start = bytes;
    reply.body_size += bytes.size();
  }
  if (reply.body_size >= connection.expected) {
    reply.complete = reply.body_size == connection.expected;
    connection.waiting = false;
  }
}

}  // namespace usher::testing
