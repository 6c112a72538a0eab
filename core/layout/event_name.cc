#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "core/layout/layout.h"

namespace usher::layout {
namespace {

constexpr size_t kMaxNameSize = 63;

bool IsLowerAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Every request asks this, several times.
constexpr std::array<bool, 256> kInName = [] {
  std::array<bool, 256> in_name{};
  for (unsigned c = 'a'; c <= 'z'; ++c) in_name[c] = true;
  for (unsigned c = '0'; c <= '9'; ++c) in_name[c] = true;
  in_name['-'] = true;
  return in_name;
}();

bool IsInName(char c) { return kInName[static_cast<uint8_t>(c)]; }

bool IsReservedEvent(std::string_view name) {
  return name == "s" || name == "usher";
}

// Without the directory and the last extension; ".hidden" has none.
std::string_view Stem(std::string_view file_name) {
  file_name.remove_prefix(file_name.rfind('/') + 1);
  const size_t dot = file_name.rfind('.');
  return dot == 0 ? file_name : file_name.substr(0, dot);
}

// Letters and digits in lower case; each run of anything else as one '-'.
std::string Slug(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const char lower =
        c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (IsLowerAlphanumeric(lower)) {
      slug += lower;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == kMaxNameSize) break;
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

}  // namespace

bool IsEventName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameSize) return false;
  if (!IsLowerAlphanumeric(name.front()) || IsReservedEvent(name)) return false;
  return std::ranges::all_of(name, IsInName);
}

std::string EventNameFor(std::string_view file_name) {
  std::string name = Slug(Stem(file_name));
  if (name.empty()) return "event";
  if (IsReservedEvent(name)) name += "-event";
  return name;
}

bool IsTrackName(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kReserved = {
      "key", "aes-128", "cbcs", "cenc", "none"};
  if (name.empty() || name.size() > kMaxNameSize) return false;
  if (!IsLowerAlphanumeric(name.front())) return false;
  if (std::ranges::find(kReserved, name) != kReserved.end()) return false;
  return std::ranges::all_of(name, IsInName);
}

}  // namespace usher::layout
