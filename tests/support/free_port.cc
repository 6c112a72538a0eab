#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace usher::testing {
namespace {

// Below the range from which the kernel takes ports for outgoing connections,
// so that no client socket grabs a port between our look and the server's bind.
constexpr unsigned kFirst = 20000;
constexpr unsigned kCount = 12000;

sockaddr_in LoopbackAddress(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool CanBind(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = LoopbackAddress(port);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address),
                          sizeof address) == 0;
  close(fd);
  return bound;
}

// One file for every test of the machine; byte n of it, locked, is port n
// taken. Open to the end on purpose: the locks end with the process.
int Register() {
  static const int fd = [] {
    const auto file = std::filesystem::temp_directory_path() /
                      ("usher-test-ports-" + std::to_string(getuid()));
    return open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  }();
  return fd;
}

bool Reserve(uint16_t port) {
  struct flock byte{};
  byte.l_type = F_WRLCK;
  byte.l_whence = SEEK_SET;
  byte.l_start = port;
  byte.l_len = 1;
  return fcntl(Register(), F_OFD_SETLK, &byte) == 0;
}

bool Accepts(const std::string& host, uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address = LoopbackAddress(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) == 0;
  close(fd);
  return connected;
}

}  // namespace

uint16_t FreePort() {
  static unsigned next = static_cast<unsigned>(getpid()) * 16;
  for (unsigned tried = 0; tried < kCount; ++tried) {
    const auto port = static_cast<uint16_t>(kFirst + next++ % kCount);
    if (Reserve(port) && CanBind(port)) return port;
  }
  std::abort();
}

bool WaitForListener(uint16_t port, std::chrono::milliseconds timeout,
                     const std::string& address) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!Accepts(address, port)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace usher::testing
