#include "ngx_module/engine/canonical_request.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/session/credential.h"

namespace usher::engine {
namespace {

constexpr std::string_view kPrefix = "/s/";
constexpr std::string_view kPlaylist = ".m3u8";

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr bool IsBase64Url(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '-' || c == '_';
}

// Asked for each character of each request.
constexpr std::array<bool, 256> kInPath = [] {
  std::array<bool, 256> in_path{};
  for (size_t c = 0; c < in_path.size(); ++c) {
    in_path[c] = IsBase64Url(static_cast<char>(c));
  }
  for (const unsigned char c : {'.', '~', '/'}) in_path[c] = true;
  return in_path;
}();

bool IsPathCharacter(char c) { return kInPath[static_cast<uint8_t>(c)]; }

std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view head = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return head;
}

// Takes "/s/<credential>" off `path`; an incomplete one stays and is refused.
std::string_view TakeCredential(std::string_view& path) {
  if (!path.starts_with(kPrefix)) return {};
  std::string_view rest = path.substr(kPrefix.size());
  const size_t end = rest.find('/');
  if (end == 0 || end == std::string_view::npos) return {};
  path = rest.substr(end);
  return rest.substr(0, end);
}

// A credential that is not where it belongs would reach logs and the origin.
bool LooksLikeCredential(std::string_view element) {
  return element.size() == session::kCredentialSize &&
         std::ranges::all_of(element, IsBase64Url);
}

bool IsCanonicalElement(std::string_view element) {
  return !element.empty() && element != "." && element != ".." &&
         !LooksLikeCredential(element);
}

bool IsCanonicalPath(std::string_view path) {
  if (!path.starts_with('/')) return false;
  if (!std::ranges::all_of(path, IsPathCharacter)) return false;
  path.remove_prefix(1);
  if (path == "s" || path.starts_with("s/")) return false;
  while (!path.empty()) {
    if (!IsCanonicalElement(TakeUntil(path, '/'))) return false;
  }
  return true;
}

// Decimal without leading zeros, so that one position has one cache key.
std::optional<std::string_view> CanonicalNumber(std::string_view value) {
  constexpr size_t kMostDigits = 18;  // fits 64 bits, signed too
  if (value.empty() || !std::ranges::all_of(value, IsDigit)) return {};
  const size_t first = value.find_first_not_of('0');
  value.remove_prefix(std::min(first, value.size() - 1));
  if (value.size() > kMostDigits) return {};
  return value;
}

std::optional<std::string_view> CanonicalSkip(std::string_view value) {
  if (value == "YES" || value == "v2") return value;
  return {};
}

struct Argument {
  std::string_view name;
  std::optional<std::string_view> (*canonical)(std::string_view value);
};
constexpr std::array<Argument, 3> kArguments = {{
    {"_HLS_msn", CanonicalNumber},
    {"_HLS_part", CanonicalNumber},
    {"_HLS_skip", CanonicalSkip},
}};
using Values = std::array<std::string_view, kArguments.size()>;

// Every other argument is dropped; false where one of ours is bad or doubled.
bool ReadArgument(std::string_view pair, Values& values) {
  const std::string_view name = TakeUntil(pair, '=');
  for (size_t i = 0; i < kArguments.size(); ++i) {
    if (name != kArguments[i].name) continue;
    const auto value = kArguments[i].canonical(pair);
    if (!value || !values[i].empty()) return false;
    values[i] = *value;
  }
  return true;
}

std::string Join(const Values& values) {
  std::string args;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    if (!args.empty()) args += '&';
    args.append(kArguments[i].name).append("=").append(values[i]);
  }
  return args;
}

}  // namespace

std::optional<CanonicalRequest> Canonicalise(std::string_view path,
                                             std::string_view args) {
  CanonicalRequest request;
  request.credential = TakeCredential(path);
  if (!IsCanonicalPath(path)) return {};
  request.path = path;
  Values values;
  while (!args.empty()) {
    if (!ReadArgument(TakeUntil(args, '&'), values)) return {};
  }
  // On anything else they would only multiply one object's cache keys.
  if (path.ends_with(kPlaylist)) request.args = Join(values);
  return request;
}

}  // namespace usher::engine
