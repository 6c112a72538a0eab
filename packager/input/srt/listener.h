// Where an encoder publishes by SRT in live mode (draft-sharabayko-srt-01): a
// listening socket that stays open between publishers, and at most one of them
// at a time, who knows the passphrase. Another may take over
// (publisher_seat.h). A thread of the object's own serves all connections; the
// public functions may be called from one other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"
#include "packager/input/byte_pipe.h"
#include "packager/input/interrupt.h"

namespace usher::srt {

struct ListenAddress {
  std::string host;  // "0.0.0.0", "::"
  uint16_t port = 0;
  SecretBytes passphrase;  // empty: media come in clear
  int key_bytes = 0;       // 16, 24 or 32; 0: the caller's choice
  int latency_ms = 120;    // how long a lost packet is waited for
};

class Listener {
 public:
  // Gets a line for each publisher that comes, goes or is refused; never a
  // passphrase. It is called from the object's thread and outlives it.
  using Log = std::function<void(const std::string&)>;
  static Result<std::unique_ptr<Listener>> Listen(ListenAddress address,
                                                  Log log);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits for the next publisher and gives its media, most often MPEG-TS, which
  // end when the publisher goes. Null when `interrupt` wants it.
  std::shared_ptr<BytePipe> NextPublisher(const Interrupt& interrupt);

 private:
  class Server;
  explicit Listener(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

// Whether the URL is one to listen at: "mode=listener", or no host.
bool IsListenUrl(std::string_view url);
// From "srt://HOST:PORT?mode=listener&passphrase=...", with the options of
// FFmpeg's srt protocol: passphrase, pbkeylen, latency (microseconds). Fails
// (BadInput) without repeating the URL.
Result<ListenAddress> ParseListenAddress(std::string_view url);

}  // namespace usher::srt
