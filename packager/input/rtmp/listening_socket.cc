#include "packager/input/rtmp/listening_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace usher::rtmp {
namespace {

constexpr int kBacklog = 16;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::string PeerName(const sockaddr_storage& address, socklen_t size) {
  char name[NI_MAXHOST];
  const int error =
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, name,
                    sizeof name, nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? name : "unknown";
}

}  // namespace

Result<FileDescriptor> ListenOn(const std::string& host, uint16_t port) {
  const std::string where = host + " port " + std::to_string(port);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted,
                    &found) != 0) {
    return BadInput(where, "is no address", "listen on 0.0.0.0 or 127.0.0.1");
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  FileDescriptor socket(::socket(
      found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket.valid() ||
      ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return BadInput(
        where, std::string("cannot be listened on: ") + std::strerror(errno),
        "choose another address or port");
  }
  return socket;
}

Connection AcceptFrom(const FileDescriptor& listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Connection connection{
      FileDescriptor(::accept4(listening.get(),
                               reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_CLOEXEC | SOCK_NONBLOCK)),
      {}};
  if (!connection.socket.valid()) return connection;
  connection.peer = PeerName(address, size);
  const int on = 1;
  ::setsockopt(connection.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on,
               sizeof on);
  // Where the network goes away without a word, the kernel notices.
  ::setsockopt(connection.socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on,
               sizeof on);
  return connection;
}

}  // namespace usher::rtmp
