// Asks a server of 127.0.0.1 and keeps the whole answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::testing {

struct Answer {
  int status = 0;  // 0: no answer
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first value of a header, any case; empty where absent.
  std::string Header(std::string_view name) const;
  size_t Count(std::string_view name) const;
  // The member "code" of a problem+json body.
  std::string Code() const;
};

using Headers = std::vector<std::string>;  // "Name: value"

// HTTP/1.1, byte for byte: the target may be anything.
Answer Get(uint16_t port, std::string_view target, const Headers& headers = {});
Answer Ask(uint16_t port, std::string_view method, std::string_view target,
           const Headers& headers = {}, std::string_view body = {});
// Whatever `bytes` are; reads until the server closes.
std::string SendRaw(uint16_t port, std::string_view bytes);
Answer ParseAnswer(std::string_view text);

// A client that sends piece by piece.
class SlowClient {
 public:
  explicit SlowClient(uint16_t port);
  ~SlowClient();
  SlowClient(const SlowClient&) = delete;
  SlowClient& operator=(const SlowClient&) = delete;

  void Send(std::string_view bytes);
  // False where the server closes before `end` came; takes nothing behind it.
  bool ReadUntil(std::string_view end);
  // `size` bytes; fewer where the server closes before.
  std::string Read(size_t size);
  std::string ReadToEnd();

 private:
  int fd_;
};

// The same through curl: HTTP/2 with prior knowledge, or TLS (any certificate).
Answer GetHttp2(uint16_t port, std::string_view target,
                const Headers& headers = {});
Answer GetUrl(const std::string& url, std::vector<std::string> options = {});

}  // namespace usher::testing
