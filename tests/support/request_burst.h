// Many HTTP/1.1 requests at the same moment, each on a connection of its own
// that was opened before: viewers of one live edge.
//
// One thread, epoll, no allocation between a request and its first byte, so
// that the client's own time stays out of what is measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing {

struct BurstReply {
  int status = 0;    // 0: the connection ended before a status line
  std::string head;  // status line and header lines
  size_t body_size = 0;
  std::string body_start;  // what came of it with the head, or first
  bool complete = false;   // as many body bytes as Content-Length says
  std::chrono::nanoseconds first_byte{0};  // after the request was written

  // The value of header `name` (lower case), or nothing.
  std::string Header(std::string_view name) const;
};

class RequestBurst {
 public:
  // Connects `count` times to 127.0.0.1:`port`; aborts where that fails.
  RequestBurst(uint16_t port, size_t count);
  ~RequestBurst();
  RequestBurst(const RequestBurst&) = delete;
  RequestBurst& operator=(const RequestBurst&) = delete;

  size_t size() const { return connections_.size(); }

  // Writes "METHOD target HTTP/1.1" with `headers` (whole lines) to the
  // connections [first, first + count).
  void Send(size_t first, size_t count, std::string_view target,
            std::string_view headers = {}, std::string_view method = "GET");
  // Hangs up on one.
  void Abort(size_t index);
  // Until every request that was sent is answered or its connection gone, or
  // time is up. Can be called again; replies stay.
  bool Wait(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  const std::vector<BurstReply>& replies() const { return replies_; }

 private:
  struct Connection {
    int socket = -1;
    bool waiting = false;
    bool head_only = false;
    size_t expected = 0;
    std::chrono::steady_clock::time_point sent;
  };

  void Read(size_t index);
  void Take(size_t index, std::string_view bytes);

  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<BurstReply> replies_;
};

}  // namespace usher::testing
