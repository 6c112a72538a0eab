// Where an encoder publishes by RTMP: a listening socket, any number of
// connections, and at most one publisher at a time, who knows the stream key.
//
// Another publisher with the right key may take over (publisher_seat.h). A
// thread of the object's own serves all connections; the public functions may
// be called from one other.
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

namespace usher::rtmp {

struct ListenAddress {
  std::string host;  // "0.0.0.0", "127.0.0.1", "::"
  uint16_t port = 1935;
  std::string app;  // "live"
  SecretBytes key;
};

class Listener {
 public:
  // `log` gets a line for each publisher that comes, goes or is refused; never
  // a stream key. It is called from the object's thread and outlives it.
  using Log = std::function<void(const std::string&)>;
  static Result<std::unique_ptr<Listener>> Listen(ListenAddress address,
                                                  Log log);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits for the next publisher and gives its media, an FLV file that ends
  // when the publisher goes. Null when `interrupt` wants it.
  std::shared_ptr<BytePipe> NextPublisher(const Interrupt& interrupt);

 private:
  class Server;
  explicit Listener(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

// From "rtmp://HOST[:PORT]/APP/KEY". Fails (BadInput) where a part is missing;
// the error names none of them but the first.
Result<ListenAddress> ParseListenAddress(std::string_view url);

}  // namespace usher::rtmp
