// One kept-alive HTTP/1.1 connection of a viewer: a request at a time, bodies
// counted, and kept only where they are asked for.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bench/viewers/poller.h"

namespace usher::viewers {

struct Response {
  // 0: none came, for the reason in `failure`.
  int status = 0;
  const char* failure = "";  // "refused", "reset", "cut", "timeout"
  std::string location;
  std::string body;
  uint64_t size = 0;  // of the body
  Clock::duration first_byte{};
  Clock::duration whole{};
};

class Connection final : public Watcher {
 public:
  using Done = std::function<void(Response)>;

  Connection(Poller& poller, Clock::duration patience)
      : poller_(poller), patience_(patience) {}
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Where the next request goes; hangs up on another one.
  void SetServer(const sockaddr_in& server, std::string host);
  // `done` is called once, later or at once, and may ask for the next. A
  // connection that the server closed in the meantime is opened again.
  void Get(std::string_view target, bool keep_body, Done done);

  void Ready(uint32_t events) override;

 private:
  void Open();
  void Close();
  void Write();
  void Read();
  void Take(std::string_view bytes);
  bool TakeHead();
  void TakeChunks();
  bool IsWhole() const;
  void Finish(const char* failure);
  void Timeout(uint64_t request);

  Poller& poller_;
  const Clock::duration patience_;
  sockaddr_in server_{};
  std::string host_;
  int socket_ = -1;

  std::string request_;
  size_t written_ = 0;
  uint64_t number_ = 0;  // of the request; alarms of earlier ones mean nothing
  bool waiting_ = false;
  bool fresh_ = false;  // nothing was served on this socket yet
  bool keep_body_ = false;
  Clock::time_point asked_;
  Done done_;

  std::string head_;
  bool in_body_ = false;
  bool chunked_ = false;
  bool close_ = false;
  std::optional<uint64_t> length_;
  std::string chunks_;  // what came of a chunked body and was not taken yet
  bool last_chunk_ = false;
  Response response_;
};

}  // namespace usher::viewers
