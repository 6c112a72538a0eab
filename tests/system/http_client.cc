#include "tests/system/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "tests/support/run_process.h"

namespace usher::testing {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit = {.tv_sec = 30, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

std::string Unchunked(std::string_view text) {
  std::string body;
  for (;;) {
    size_t size = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), size, 16);
    const size_t line = text.find("\r\n");
    if (parsed.ec != std::errc() || line == std::string_view::npos ||
        size == 0) {
      return body;
    }
    body += text.substr(line + 2, size);
    if (text.size() < line + 2 + size + 2) return body;
    text.remove_prefix(line + 2 + size + 2);
  }
}

}  // namespace

std::string Answer::Header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) {
    return SameName(header.first, name);
  });
  return found == headers.end() ? std::string() : found->second;
}

size_t Answer::Count(std::string_view name) const {
  return static_cast<size_t>(std::ranges::count_if(
      headers,
      [&](const auto& header) { return SameName(header.first, name); }));
}

std::string Answer::Code() const {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  return problem.is_object() ? problem.value("code", "") : std::string();
}

Answer Get(uint16_t port, std::string_view target, const Headers& headers) {
  return Ask(port, "GET", target, headers);
}

Answer Ask(uint16_t port, std::string_view method, std::string_view target,
           const Headers& headers, std::string_view body) {
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  request += "Connection: close\r\n";
  const auto sets_host = [](const std::string& header) {
    return header.starts_with("Host:");
  };
  if (std::ranges::none_of(headers, sets_host)) {
    request += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  }
  for (const std::string& header : headers) request += header + "\r\n";
  if (!body.empty()) {
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request.append("\r\n").append(body);
  return ParseAnswer(SendRaw(port, request));
}

std::string SendRaw(uint16_t port, std::string_view bytes) {
  SlowClient client(port);
  client.Send(bytes);
  return client.ReadToEnd();
}

SlowClient::SlowClient(uint16_t port) : fd_(Connect(port)) {}

SlowClient::~SlowClient() {
  if (fd_ >= 0) close(fd_);
}

void SlowClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool SlowClient::ReadUntil(std::string_view end) {
  std::string text;
  for (char byte = 0; recv(fd_, &byte, 1, 0) == 1;) {
    text += byte;
    if (text.ends_with(end)) return true;
  }
  return false;
}

std::string SlowClient::Read(size_t size) {
  std::string bytes(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got = recv(fd_, bytes.data() + done, size - done, 0);
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

std::string SlowClient::ReadToEnd() {
  std::string text;
  char buffer[16384];
  for (ssize_t got; (got = recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

Answer ParseAnswer(std::string_view text) {
  Answer answer;
  const size_t status = text.find(' ');
  const size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/") || end == std::string_view::npos) {
    return answer;
  }
  std::from_chars(text.data() + status + 1, text.data() + status + 4,
                  answer.status);
  std::string_view head = text.substr(0, end);
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;) {
    head.remove_prefix(line + 2);
    line = head.find("\r\n");
    const std::string_view header = head.substr(0, line);
    const size_t colon = header.find(": ");
    if (colon == std::string_view::npos) continue;
    answer.headers.emplace_back(header.substr(0, colon),
                                header.substr(colon + 2));
  }
  answer.body = text.substr(end + 4);
  if (answer.Header("Transfer-Encoding") == "chunked") {
    answer.body = Unchunked(answer.body);
  }
  return answer;
}

Answer GetHttp2(uint16_t port, std::string_view target,
                const Headers& headers) {
  std::vector<std::string> options = {"--http2-prior-knowledge"};
  for (const std::string& header : headers) {
    options.insert(options.end(), {"-H", header});
  }
  return GetUrl(
      "http://127.0.0.1:" + std::to_string(port) + std::string(target),
      std::move(options));
}

Answer GetUrl(const std::string& url, std::vector<std::string> options) {
  std::vector<std::string> command = {"curl", "-sik", "--path-as-is", "-g"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(url);
  return ParseAnswer(RunProcess(command).out);
}

}  // namespace usher::testing
