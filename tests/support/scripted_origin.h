// An HTTP/1.1 origin that does what a test tells it: late answers, none, cut
// ones. It counts, so that a test can say how many requests reached it.
//
// One thread a connection and one request a connection: for a few hundred.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace usher::testing {

struct OriginReply {
  int status = 200;
  std::string headers = {};  // whole lines, each ended by CRLF
  std::string body = {};
  std::chrono::milliseconds delay{0};
  bool held = false;                     // until Release()
  bool silent = false;                   // hangs up without a word
  std::optional<size_t> cut_after = {};  // bytes of the body; then it hangs up
};

struct OriginRequest {
  std::string method;
  std::string target;  // path and query
  std::string head;    // everything up to the empty line
  std::string body;    // as long as Content-Length says
  int nth = 0;         // of this target, from 1
};

class ScriptedOrigin {
 public:
  // `script` is called from many threads at once.
  using Script = std::function<OriginReply(const OriginRequest&)>;

  explicit ScriptedOrigin(Script script);
  ~ScriptedOrigin();
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;

  uint16_t port() const { return port_; }
  // How many requests for `target` came, answered or not.
  int requests(std::string_view target) const;
  int requests() const;
  // False where they did not come in time.
  bool WaitForRequests(std::string_view target, int count) const;
  // Lets held replies go, those to come included.
  void Release();

 private:
  void Accept();
  void Serve(int socket);
  OriginRequest Count(std::string bytes);
  void Delay(const OriginReply& reply);

  Script script_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, int, std::less<>> counts_;
  std::map<int, bool> sockets_;
  bool released_ = false;
  bool stopping_ = false;
  std::vector<std::thread> servants_;
  std::thread acceptor_;
};

}  // namespace usher::testing
