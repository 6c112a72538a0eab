#include "packager/input/rtmp/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <utility>
#include <vector>

#include "packager/input/publisher_seat.h"
#include "packager/input/rtmp/flv.h"
#include "packager/input/rtmp/listening_socket.h"
#include "packager/input/rtmp/publish_session.h"

namespace usher::rtmp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxConnections = 32;
constexpr size_t kReadSize = 64 << 10;
constexpr size_t kMaxReply = 64 << 10;  // unsent
constexpr std::chrono::seconds kTimeToPublish{10};
constexpr milliseconds kLookAround(50);

}  // namespace

// Everything here but Next and the stop flag belongs to the thread.
class Listener::Server {
 public:
  Server(FileDescriptor listening, ListenAddress address, Log log);
  ~Server();
  std::shared_ptr<BytePipe> Next(const Interrupt& interrupt) {
    return seat_.Next(interrupt);
  }

 private:
  // One connection, and what it publishes.
  class Client final : public PublishHandler, public Publisher {
   public:
    Client(Server& server, Connection connection)
        : Publisher(std::move(connection.peer)),
          server_(server),
          socket_(std::move(connection.socket)) {}

    Admission MayPublish(std::string_view app, std::string_view name) override;
    void OnMedia(Message message) override;

    int socket() const { return socket_.get(); }
    short WantedEvents() const;
    // False where the connection is over.
    bool Serve();
    bool IsLate(steady_clock::time_point now) const;

   private:
    bool Receive();
    bool Send();

    Server& server_;
    FileDescriptor socket_;
    PublishSession session_{*this};
    Bytes reply_;  // unsent
    const steady_clock::time_point began_ = steady_clock::now();
  };

  void Run();
  void WaitForEvents();
  void Accept();
  Admission Admit(Client& client, std::string_view app, std::string_view name);

  const FileDescriptor listening_;
  const ListenAddress address_;
  const FileDescriptor wake_;
  PublisherSeat seat_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Listener::Server::Server(FileDescriptor listening, ListenAddress address,
                         Log log)
    : listening_(std::move(listening)),
      address_(std::move(address)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      seat_("rtmp", std::move(log)),
      thread_([this] { Run(); }) {}

Listener::Server::~Server() {
  stopping_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Listener::Server::Run() {
  while (!stopping_) {
    WaitForEvents();
    const auto now = steady_clock::now();
    std::erase_if(clients_, [&](const std::unique_ptr<Client>& client) {
      const bool over = !client->Serve() || client->IsLate(now);
      if (over) seat_.Leave(*client);
      return over;
    });
    Accept();
  }
  clients_.clear();
}

void Listener::Server::WaitForEvents() {
  std::vector<pollfd> polled = {{listening_.get(), POLLIN, 0},
                                {wake_.get(), POLLIN, 0}};
  bool blocked = false;
  for (const auto& client : clients_) {
    polled.push_back({client->socket(), client->WantedEvents(), 0});
    blocked = blocked || client->WantedEvents() == 0;
  }
  // Nobody tells when a full pipe has room again, or a newcomer is late.
  constexpr int kSecond = 1000;
  ::poll(polled.data(), polled.size(),
         blocked ? static_cast<int>(kLookAround.count()) : kSecond);
}

void Listener::Server::Accept() {
  while (true) {
    Connection connection = AcceptFrom(listening_);
    if (!connection.socket.valid()) return;
    if (clients_.size() == kMaxConnections) continue;
    clients_.push_back(std::make_unique<Client>(*this, std::move(connection)));
  }
}

Admission Listener::Server::Admit(Client& client, std::string_view app,
                                  std::string_view name) {
  // OBS lets users write "KEY?option=value".
  const std::string_view key = name.substr(0, name.find('?'));
  const bool right = EqualInConstantTime(AsBytes(key), address_.key.view());
  if (!right || app != address_.app) {
    seat_.Tell(client, right ? "publishes to another application and is refused"
                             : "has the wrong stream key and is refused");
    return Admission::kWrongKey;
  }
  return seat_.Take(client) ? Admission::kAdmitted : Admission::kBusy;
}

Admission Listener::Server::Client::MayPublish(std::string_view app,
                                               std::string_view name) {
  const Admission admission = server_.Admit(*this, app, name);
  if (admission == Admission::kAdmitted) {
    Bytes header;
    WriteFlvHeader(header);
    pipe_->Write(header);
  }
  return admission;
}

void Listener::Server::Client::OnMedia(Message message) {
  if (!pipe_) return;
  Bytes tag;
  tag.reserve(message.body.size() + 16);
  WriteFlvTag(message, tag);
  pipe_->Write(tag);
}

// Where media are not taken fast enough, the encoder's own queue is the one
// that fills.
short Listener::Server::Client::WantedEvents() const {
  const bool room = !pipe_ || pipe_->HasRoom();
  return static_cast<short>((room ? POLLIN : 0) |
                            (reply_.empty() ? 0 : POLLOUT));
}

bool Listener::Server::Client::Serve() {
  const bool alive = Receive();
  const bool sent = Send();
  return alive && sent && !session_.ended();
}

bool Listener::Server::Client::Receive() {
  std::array<uint8_t, kReadSize> buffer;
  while (!pipe_ || pipe_->HasRoom()) {
    const ssize_t size = ::recv(socket(), buffer.data(), buffer.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    Hear();
    const auto received = session_.Receive(
        ByteView(buffer).first(static_cast<size_t>(size)), reply_);
    if (!received) return false;
    if (session_.ended() || reply_.size() > kMaxReply) return false;
  }
  return true;
}

bool Listener::Server::Client::Send() {
  while (!reply_.empty()) {
    const ssize_t size =
        ::send(socket(), reply_.data(), reply_.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    reply_.erase(reply_.begin(), reply_.begin() + size);
  }
  return true;
}

bool Listener::Server::Client::IsLate(steady_clock::time_point now) const {
  return !publishing() && now - began_ >= kTimeToPublish;
}

Result<std::unique_ptr<Listener>> Listener::Listen(ListenAddress address,
                                                   Log log) {
  auto socket = ListenOn(address.host, address.port);
  if (!socket) return std::unexpected(socket.error());
  return std::unique_ptr<Listener>(new Listener(std::make_unique<Server>(
      *std::move(socket), std::move(address), std::move(log))));
}

Listener::Listener(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}
Listener::~Listener() = default;

std::shared_ptr<BytePipe> Listener::NextPublisher(const Interrupt& interrupt) {
  return server_->Next(interrupt);
}

}  // namespace usher::rtmp
