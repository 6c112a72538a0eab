#include "bench/viewers/connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <utility>

namespace usher::viewers {
namespace {

// A head is small; more is no HTTP.
constexpr size_t kMostHead = 32 << 10;
// Playlists: of anything larger only the size is kept.
constexpr size_t kMostBody = 4 << 20;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

template <typename Number>
std::optional<Number> ReadNumber(std::string_view text, int base = 10) {
  Number number{};
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

Connection::~Connection() { Close(); }

void Connection::SetServer(const sockaddr_in& server, std::string host) {
  Close();
  server_ = server;
  host_ = std::move(host);
}

void Connection::Get(std::string_view target, bool keep_body, Done done) {
  request_ = "GET ";
  request_.append(target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(host_)
      .append("\r\nUser-Agent: usher-viewers\r\n\r\n");
  keep_body_ = keep_body;
  done_ = std::move(done);
  response_ = {};
  asked_ = Clock::now();
  waiting_ = true;
  const uint64_t number = ++number_;
  poller_.At(asked_ + patience_, [this, number] { Timeout(number); });
  if (socket_ < 0) {
    Open();
  } else {
    fresh_ = false;
    written_ = 0;
    Write();
  }
}

void Connection::Open() {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Finish("refused");
  const int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fresh_ = true;
  written_ = 0;
  head_.clear();
  in_body_ = false;
  poller_.Watch(socket_, *this);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&server_),
              sizeof server_) != 0 &&
      errno != EINPROGRESS) {
    Finish("refused");
  }
}

void Connection::Close() {
  if (socket_ < 0) return;
  poller_.Forget(socket_);
  close(socket_);
  socket_ = -1;
}

void Connection::Ready(uint32_t events) {
  if (!waiting_) {
    // The server closed an idle connection.
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) Close();
    return;
  }
  if ((events & EPOLLERR) != 0 && written_ == 0 && fresh_) {
    return Finish("refused");
  }
  if ((events & EPOLLOUT) != 0) Write();
  if (waiting_ && socket_ >= 0) Read();
}

void Connection::Write() {
  while (written_ < request_.size()) {
    const ssize_t sent = send(socket_, request_.data() + written_,
                              request_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0) {
      // The rest when it can be written; Read() tells of an end.
      return;
    }
    written_ += static_cast<size_t>(sent);
  }
}

void Connection::Read() {
  std::array<char, 65536> buffer;
  while (waiting_ && socket_ >= 0) {
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      Take({buffer.data(), static_cast<size_t>(got)});
      continue;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const bool began = in_body_ || !head_.empty();
    if (got == 0 && in_body_ && close_ && !length_ && !chunked_) {
      return Finish("");  // the end of a body without a length
    }
    if (!began && !fresh_) {
      // An idle connection that the server was about to close: ask again.
      Close();
      return Open();
    }
    return Finish(began ? "cut" : "reset");
  }
}

void Connection::Take(std::string_view bytes) {
  if (!in_body_) {
    if (head_.empty()) response_.first_byte = Clock::now() - asked_;
    head_.append(bytes);
    const size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (head_.size() > kMostHead) Finish("cut");
      return;
    }
    const std::string rest = head_.substr(end + 4);
    head_.resize(end + 2);
    if (!TakeHead()) return Finish("cut");
    in_body_ = true;
    if (rest.empty() && !IsWhole()) return;
    return rest.empty() ? Finish("") : Take(rest);
  }
  if (chunked_) {
    chunks_.append(bytes);
    TakeChunks();
  } else {
    response_.size += bytes.size();
    if (keep_body_ && response_.body.size() < kMostBody) {
      response_.body.append(bytes);
    }
  }
  if (IsWhole()) Finish("");
}

bool Connection::TakeHead() {
  if (!head_.starts_with("HTTP/1.1 ")) return false;
  const auto status = ReadNumber<int>(std::string_view(head_).substr(9, 3));
  if (!status) return false;
  response_.status = *status;
  length_.reset();
  chunked_ = false;
  close_ = false;
  chunks_.clear();
  last_chunk_ = false;
  std::string_view lines = head_;
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(line.size() + 2);
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    if (EqualsIgnoringCase(name, "content-length")) {
      length_ = ReadNumber<uint64_t>(value);
    } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
      chunked_ = EqualsIgnoringCase(value, "chunked");
    } else if (EqualsIgnoringCase(name, "connection")) {
      close_ = EqualsIgnoringCase(value, "close");
    } else if (EqualsIgnoringCase(name, "location")) {
      response_.location = value;
    }
  }
  if (response_.status == 204 || response_.status == 304) length_ = 0;
  return true;
}

// RFC 9112 section 7.1; trailers are none of ours.
void Connection::TakeChunks() {
  size_t at = 0;
  while (!last_chunk_) {
    const size_t line = chunks_.find("\r\n", at);
    if (line == std::string::npos) break;
    const auto size = ReadNumber<uint64_t>(
        std::string_view(chunks_).substr(at, line - at), 16);
    if (!size) return Finish("cut");
    const size_t end = line + 2 + *size + 2;
    if (chunks_.size() < end) break;
    last_chunk_ = *size == 0;
    response_.size += *size;
    if (keep_body_ && response_.body.size() < kMostBody) {
      response_.body.append(chunks_, line + 2, *size);
    }
    at = end;
  }
  chunks_.erase(0, at);
}

bool Connection::IsWhole() const {
  if (chunked_) return last_chunk_;
  return length_ && response_.size >= *length_;
}

void Connection::Finish(const char* failure) {
  if (!waiting_) return;
  waiting_ = false;
  const bool failed = *failure != '\0';
  if (failed) {
    response_.status = 0;
    response_.failure = failure;
  }
  response_.whole = Clock::now() - asked_;
  if (failed || close_) Close();
  head_.clear();
  in_body_ = false;
  // It may ask for the next, which sets both anew.
  const Done done = std::exchange(done_, nullptr);
  done(std::exchange(response_, {}));
}

void Connection::Timeout(uint64_t request) {
  if (waiting_ && request == number_) Finish("timeout");
}

}  // namespace usher::viewers
