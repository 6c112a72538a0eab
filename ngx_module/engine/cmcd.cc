#include "ngx_module/engine/cmcd.h"

#include <algorithm>
#include <array>
#include <optional>

namespace usher::engine {
namespace {

constexpr size_t kLargestData = 1024;
constexpr size_t kLongestValue = 16;
constexpr std::string_view kName = "CMCD";
// The last two are of version 2 (CTA-5004-A).
constexpr std::array<std::string_view, 15> kKeys = {
    "bl",  "br", "bs", "d",  "dl", "mtp", "ot", "pr",
    "rtp", "sf", "st", "su", "tb", "ltc", "msd"};

bool IsPlain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

bool IsPlainValue(std::string_view value) {
  return !value.empty() && value.size() <= kLongestValue &&
         std::ranges::all_of(value, IsPlain);
}

// Up to the next comma that does not stand in a quoted string.
std::string_view TakePair(std::string_view& rest) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (rest[end] == '\\' && quoted) {
      ++end;
    } else if (rest[end] == '"') {
      quoted = !quoted;
    } else if (rest[end] == ',' && !quoted) {
      break;
    }
  }
  end = std::min(end, rest.size());
  const std::string_view pair = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return pair;
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    if (text.front() != '%') {
      decoded += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 3) return std::nullopt;
    const int high = DigitOf(text[1]);
    const int low = DigitOf(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    text.remove_prefix(3);
  }
  return decoded;
}

}  // namespace

std::string_view CmcdValue(std::string_view data, std::string_view key) {
  if (std::ranges::find(kKeys, key) == kKeys.end()) return {};
  while (!data.empty()) {
    std::string_view pair = TakePair(data);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair == key) return "1";
    if (!pair.starts_with(key) || !pair.substr(key.size()).starts_with('=')) {
      continue;
    }
    const std::string_view value = pair.substr(key.size() + 1);
    return IsPlainValue(value) ? value : std::string_view{};
  }
  return {};
}

std::string CmcdOfQuery(std::string_view query) {
  std::optional<std::string_view> found;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.starts_with(kName) || !pair.substr(4).starts_with('=')) continue;
    if (found) return {};
    found = pair.substr(kName.size() + 1);
  }
  if (!found || found->size() > kLargestData) return {};
  return Decoded(*found).value_or("");
}

}  // namespace usher::engine
