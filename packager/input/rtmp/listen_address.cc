#include <charconv>
#include <optional>

#include "packager/input/rtmp/listener.h"

namespace usher::rtmp {
namespace {

constexpr std::string_view kScheme = "rtmp://";
constexpr size_t kShortestKey = 8;

// The whole URL holds a secret: only what is wrong with it is told.
std::unexpected<Error> Refuse(const char* what) {
  return BadInput("rtmp://...", what,
                  "write rtmp://HOST:PORT/APP/KEY, such as "
                  "rtmp://0.0.0.0:1935/live/KEY");
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view url) {
  if (!url.starts_with(kScheme)) return Refuse("is no RTMP address");
  url.remove_prefix(kScheme.size());
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return Refuse("has no application");
  std::string_view host = url.substr(0, slash);
  const std::string_view path = url.substr(slash + 1);

  ListenAddress address;
  const size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    const auto port = ParsePort(host.substr(colon + 1));
    if (!port) return Refuse("has no port from 1 to 65535");
    address.port = *port;
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) return Refuse("has no host");
  address.host = host;
  const size_t last = path.rfind('/');
  if (last == std::string_view::npos || last == 0) {
    return Refuse("has no stream key behind the application");
  }
  address.app = path.substr(0, last);
  const std::string_view key = path.substr(last + 1);
  if (key.size() < kShortestKey) {
    return Refuse("has a stream key of less than 8 characters");
  }
  address.key = SecretBytes(Bytes(key.begin(), key.end()));
  return address;
}

}  // namespace usher::rtmp
