#include "packager/input/srt/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <srt/srt.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "packager/input/publisher_seat.h"

namespace usher::srt {
namespace {

constexpr size_t kMaxConnections = 32;
constexpr int kLookAroundMs = 50;
// What waits while nobody takes it: some seconds of 50 Mbit/s.
constexpr int kReceiveBytes = 48 << 20;
constexpr int kFlightPackets = 64 << 10;

// libsrt's threads, for as long as anything uses them.
class Library {
 public:
  Library() {
    srt_startup();
    srt_setloglevel(0);  // LOG_EMERG: what matters is told by us
  }
  ~Library() { srt_cleanup(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

class Socket {
 public:
  explicit Socket(SRTSOCKET socket) : socket_(socket) {}
  Socket(Socket&& other) noexcept
      : socket_(std::exchange(other.socket_, SRT_INVALID_SOCK)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (valid()) srt_close(socket_);
  }
  SRTSOCKET get() const { return socket_; }
  bool valid() const { return socket_ != SRT_INVALID_SOCK; }

 private:
  SRTSOCKET socket_;
};

bool Set(const Socket& socket, SRT_SOCKOPT option, const void* value,
         size_t size) {
  return srt_setsockflag(socket.get(), option, value, static_cast<int>(size)) ==
         0;
}

bool Set(const Socket& socket, SRT_SOCKOPT option, int value) {
  return Set(socket, option, &value, sizeof value);
}

bool SetSwitch(const Socket& socket, SRT_SOCKOPT option, bool value) {
  return Set(socket, option, &value, sizeof value);
}

bool Configure(const Socket& socket, const ListenAddress& address) {
  const ByteView passphrase = address.passphrase.view();
  bool done = Set(socket, SRTO_TRANSTYPE, SRTT_LIVE) &&
              SetSwitch(socket, SRTO_RCVSYN, false) &&
              // Who has another passphrase is let in, told and shown out:
              // libsrt would refuse it without a word to us.
              SetSwitch(socket, SRTO_ENFORCEDENCRYPTION, false) &&
              Set(socket, SRTO_RCVLATENCY, address.latency_ms) &&
              Set(socket, SRTO_FC, kFlightPackets) &&
              Set(socket, SRTO_RCVBUF, kReceiveBytes);
  if (done && address.key_bytes > 0) {
    done = Set(socket, SRTO_PBKEYLEN, address.key_bytes);
  }
  if (done && !passphrase.empty()) {
    done = Set(socket, SRTO_PASSPHRASE, passphrase.data(), passphrase.size());
  }
  return done;
}

Result<Socket> ListenOn(const ListenAddress& address) {
  const std::string where =
      "srt://" + address.host + ":" + std::to_string(address.port);
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                    &hints, &found) != 0) {
    return BadInput(where, "is no address to listen at",
                    "use 0.0.0.0, or an address of this machine");
  }
  Socket socket(srt_create_socket());
  const bool listens =
      socket.valid() && Configure(socket, address) &&
      srt_bind(socket.get(), found->ai_addr,
               static_cast<int>(found->ai_addrlen)) == 0 &&
      srt_listen(socket.get(), static_cast<int>(kMaxConnections)) == 0;
  ::freeaddrinfo(found);
  if (listens) return socket;
  return BadInput(
      where, std::string("cannot be listened at: ") + srt_getlasterror_str(),
      "is the port taken?");
}

std::string NameOf(const sockaddr_storage& address, int size) {
  char host[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address),
                    static_cast<socklen_t>(size), host, sizeof host, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return "somebody";
  }
  return host;
}

class Client final : public Publisher {
 public:
  Client(Socket socket, std::string peer)
      : Publisher(std::move(peer)), socket_(std::move(socket)) {}

  // Whether what it sends can be read, and was meant to be: both have the same
  // passphrase, or none.
  bool HasPassphrase(bool wanted) const {
    int state = SRT_KM_S_UNSECURED;
    int size = sizeof state;
    srt_getsockflag(socket_.get(), SRTO_RCVKMSTATE, &state, &size);
    return state == (wanted ? SRT_KM_S_SECURED : SRT_KM_S_UNSECURED);
  }

  // False where the connection is over.
  bool Receive() {
    std::array<char, SRT_LIVE_MAX_PLSIZE> message;
    while (pipe_ && pipe_->HasRoom()) {
      const int size = srt_recvmsg(socket_.get(), message.data(),
                                   static_cast<int>(message.size()));
      if (size == 0) return false;
      if (size < 0) return srt_getlasterror(nullptr) == SRT_EASYNCRCV;
      Hear();
      pipe_->Write(
          AsBytes(std::string_view(message.data(), static_cast<size_t>(size))));
    }
    return publishing();
  }

  SRTSOCKET socket() const { return socket_.get(); }

 private:
  Socket socket_;
};

}  // namespace

// Everything here but Next and the stop flag belongs to the thread.
class Listener::Server {
 public:
  Server(std::unique_ptr<Library> library, Socket listening, bool secured,
         Log log)
      : library_(std::move(library)),
        listening_(std::move(listening)),
        secured_(secured),
        poll_(srt_epoll_create()),
        seat_("srt", std::move(log)),
        thread_([this] { Run(); }) {}
  ~Server() {
    stopping_ = true;
    thread_.join();
    srt_epoll_release(poll_);
  }
  std::shared_ptr<BytePipe> Next(const Interrupt& interrupt) {
    return seat_.Next(interrupt);
  }

 private:
  void Run();
  void Watch(SRTSOCKET socket) const;
  void Accept();

  const std::unique_ptr<Library> library_;  // goes last
  const Socket listening_;
  const bool secured_;
  const int poll_;
  PublisherSeat seat_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

void Listener::Server::Run() {
  Watch(listening_.get());
  while (!stopping_) {
    std::array<SRT_EPOLL_EVENT, kMaxConnections + 1> ready;
    srt_epoll_uwait(poll_, ready.data(), static_cast<int>(ready.size()),
                    kLookAroundMs);
    std::erase_if(clients_, [this](const std::unique_ptr<Client>& client) {
      if (client->Receive()) return false;
      seat_.Leave(*client);
      return true;
    });
    Accept();
  }
  for (const auto& client : clients_) client->Stop();
  clients_.clear();
}

void Listener::Server::Watch(SRTSOCKET socket) const {
  const int events = SRT_EPOLL_IN | SRT_EPOLL_ERR;
  srt_epoll_add_usock(poll_, socket, &events);
}

void Listener::Server::Accept() {
  while (true) {
    sockaddr_storage address = {};
    int size = sizeof address;
    Socket socket(srt_accept(listening_.get(),
                             reinterpret_cast<sockaddr*>(&address), &size));
    if (!socket.valid()) return;
    auto client =
        std::make_unique<Client>(std::move(socket), NameOf(address, size));
    if (!client->HasPassphrase(secured_)) {
      seat_.Tell(*client, secured_ ? "has the wrong passphrase and is refused"
                                   : "has a passphrase, where none is set, and "
                                     "is refused");
      continue;
    }
    if (clients_.size() == kMaxConnections || !seat_.Take(*client)) continue;
    Watch(client->socket());
    clients_.push_back(std::move(client));
  }
}

Result<std::unique_ptr<Listener>> Listener::Listen(ListenAddress address,
                                                   Log log) {
  auto library = std::make_unique<Library>();
  auto socket = ListenOn(address);
  if (!socket) return std::unexpected(socket.error());
  return std::unique_ptr<Listener>(new Listener(
      std::make_unique<Server>(std::move(library), *std::move(socket),
                               !address.passphrase.empty(), std::move(log))));
}

Listener::Listener(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}
Listener::~Listener() = default;

std::shared_ptr<BytePipe> Listener::NextPublisher(const Interrupt& interrupt) {
  return server_->Next(interrupt);
}

}  // namespace usher::srt
