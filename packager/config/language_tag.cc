#include "packager/config/language_tag.h"

#include <algorithm>

namespace usher::config {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

}  // namespace

bool IsLanguageTag(std::string_view tag) {
  size_t subtags = 0;
  while (true) {
    const size_t end = std::min(tag.find('-'), tag.size());
    const std::string_view subtag = tag.substr(0, end);
    if (subtag.size() > 8 || subtag.size() < (subtags == 0 ? 2 : 1)) {
      return false;
    }
    if (!std::ranges::all_of(subtag, IsAlphanumeric)) return false;
    ++subtags;
    if (end == tag.size()) return true;
    tag.remove_prefix(end + 1);
  }
}

}  // namespace usher::config
