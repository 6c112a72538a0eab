#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "core/base/hex.h"
#include "packager/input/srt/listener.h"

namespace usher::srt {
namespace {

constexpr std::string_view kScheme = "srt://";
constexpr size_t kShortestPassphrase = 10;  // draft-sharabayko-srt-01 6.1.4
constexpr size_t kLongestPassphrase = 79;

// The whole URL holds a secret: only what is wrong with it is told.
std::unexpected<Error> Refuse(const std::string& what) {
  return BadInput("srt://...", what,
                  "write srt://0.0.0.0:9000?mode=listener&passphrase=SECRET");
}

struct Parts {
  std::string_view host;
  std::string_view port;
  std::string_view query;
};

Parts Split(std::string_view url) {
  Parts parts;
  url.remove_prefix(std::min(kScheme.size(), url.size()));
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (const size_t mark = url.find('?'); mark != url.npos) {
    parts.query = url.substr(mark + 1);
  }
  const size_t colon = authority.rfind(':');
  if (colon != authority.npos && !authority.ends_with(']')) {
    parts.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) {
    authority = authority.substr(1, authority.size() - 2);
  }
  parts.host = authority;
  return parts;
}

// "%2B" becomes "+"; what is no escape stays.
std::string Decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' && i + 2 < text.size()
                          ? FromHex(text.substr(i + 1, 2))
                          : std::nullopt;
    if (byte) i += 2;
    decoded += byte ? static_cast<char>(byte->front()) : text[i];
  }
  return decoded;
}

std::map<std::string, std::string> OptionsOf(std::string_view query) {
  std::map<std::string, std::string> options;
  while (!query.empty()) {
    const std::string_view option = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(option.size() + 1, query.size()));
    const size_t equal = option.find('=');
    if (equal == option.npos) continue;
    options[std::string(option.substr(0, equal))] =
        Decode(option.substr(equal + 1));
  }
  return options;
}

std::optional<int> ParseNumber(std::string_view text, int least, int most) {
  int number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last || number < least || number > most) {
    return std::nullopt;
  }
  return number;
}

Status Assign(const std::string& name, const std::string& value,
              ListenAddress& address) {
  if (name == "mode") return {};
  if (name == "passphrase") {
    if (value.size() < kShortestPassphrase ||
        value.size() > kLongestPassphrase) {
      return Refuse("has a passphrase that is not of 10 to 79 characters");
    }
    address.passphrase = SecretBytes(AsBytes(value));
    return {};
  }
  if (name == "pbkeylen") {
    const auto bytes = ParseNumber(value, 16, 32);
    if (!bytes || *bytes % 8 != 0) {
      return Refuse("has a pbkeylen that is not 16, 24 or 32");
    }
    address.key_bytes = *bytes;
    return {};
  }
  if (name == "latency" || name == "rcvlatency") {
    constexpr int kMostMicroseconds = 60'000'000;
    const auto microseconds = ParseNumber(value, 0, kMostMicroseconds);
    if (!microseconds) return Refuse("has a latency of more than a minute");
    address.latency_ms = *microseconds / 1000;
    return {};
  }
  return Refuse("has an option that a listener does not know: " + name);
}

}  // namespace

bool IsListenUrl(std::string_view url) {
  if (!url.starts_with(kScheme)) return false;
  const Parts parts = Split(url);
  const auto options = OptionsOf(parts.query);
  const auto mode = options.find("mode");
  return mode == options.end() ? parts.host.empty()
                               : mode->second == "listener";
}

Result<ListenAddress> ParseListenAddress(std::string_view url) {
  const Parts parts = Split(url);
  ListenAddress address;
  address.host = parts.host.empty() ? "0.0.0.0" : std::string(parts.host);
  const auto port = ParseNumber(parts.port, 1, UINT16_MAX);
  if (!port) return Refuse("has no port from 1 to 65535");
  address.port = static_cast<uint16_t>(*port);
  for (const auto& [name, value] : OptionsOf(parts.query)) {
    if (auto assigned = Assign(name, value, address); !assigned) {
      return std::unexpected(assigned.error());
    }
  }
  return address;
}

}  // namespace usher::srt
