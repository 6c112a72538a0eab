#include "core/playlist/hls_lines.h"

#include <algorithm>
#include <array>

namespace usher::playlist {
namespace {

constexpr std::array<std::string_view, 18> kTagsWithAttributes = {
    "EXT-X-CONTENT-STEERING",
    "EXT-X-DATERANGE",
    "EXT-X-DEFINE",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-IMAGE-STREAM-INF",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-MEDIA",
    "EXT-X-PART",
    "EXT-X-PART-INF",
    "EXT-X-PRELOAD-HINT",
    "EXT-X-RENDITION-REPORT",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY",
    "EXT-X-SKIP",
    "EXT-X-START",
    "EXT-X-STREAM-INF"};

bool IsAttributeName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Reads one playlist; lives for one call of SplitHls.
class Splitter {
 public:
  HlsLines Split(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) {
      line_ = 1;
      Problem("the playlist begins with a byte order mark", "4.1");
      text.remove_prefix(3);
    }
    while (!text.empty()) {
      const size_t end = text.find('\n');
      ++line_;
      Line(text.substr(0, end));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    return std::move(result_);
  }

 private:
  void Line(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    const bool first = line_ == 1;
    if (first && text != "#EXTM3U") {
      Problem("the first line is not #EXTM3U", "4.4.1.1");
    }
    if (std::ranges::any_of(
            text, [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
      Problem("a control character", "4.1");
    }
    if (text.starts_with("#EXT")) return Tag(text.substr(1));
    if (text.empty() || text.starts_with('#')) return;
    if (text.front() == ' ' || text.back() == ' ') {
      Problem("white space around a URI", "4.1");
    }
    result_.lines.push_back({line_, {}, std::string(text), {}});
  }

  void Tag(std::string_view text) {
    HlsLine tag;
    tag.line = line_;
    const size_t colon = text.find(':');
    tag.name = text.substr(0, colon);
    if (colon != std::string_view::npos) tag.value = text.substr(colon + 1);
    if (std::ranges::find(kTagsWithAttributes, tag.name) !=
        kTagsWithAttributes.end()) {
      Attributes(tag);
    }
    result_.lines.push_back(std::move(tag));
  }

  void Attributes(HlsLine& tag) {
    std::string_view rest = tag.value;
    while (!rest.empty()) {
      const size_t equals = rest.find('=');
      if (equals == std::string_view::npos ||
          !IsAttributeName(rest.substr(0, equals))) {
        return Problem("the attribute list of " + tag.name + " is damaged",
                       "4.2");
      }
      HlsAttribute attribute;
      attribute.name = rest.substr(0, equals);
      rest.remove_prefix(equals + 1);
      if (!Value(rest, attribute)) {
        return Problem(attribute.name + ": an open or misplaced quote", "4.2");
      }
      if (tag.Find(attribute.name) != nullptr) {
        Problem(attribute.name + " is there twice", "4.2");
      }
      tag.attributes.push_back(std::move(attribute));
    }
  }

  // Takes the value and the comma behind it off `rest`.
  static bool Value(std::string_view& rest, HlsAttribute& attribute) {
    attribute.quoted = rest.starts_with('"');
    if (attribute.quoted) rest.remove_prefix(1);
    const size_t end = rest.find(attribute.quoted ? '"' : ',');
    if (attribute.quoted && end == std::string_view::npos) return false;
    attribute.value = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
    if (attribute.quoted) rest.remove_prefix(1);
    if (rest.empty()) return attribute.quoted || !attribute.value.empty();
    if (rest.front() != ',') return false;
    rest.remove_prefix(1);
    return attribute.quoted || attribute.value.find('"') == std::string::npos;
  }

  void Problem(std::string what, std::string section) {
    result_.problems.push_back({line_, std::move(what), std::move(section)});
  }

  HlsLines result_;
  size_t line_ = 0;
};

}  // namespace

const HlsAttribute* HlsLine::Find(std::string_view attribute) const {
  const auto found =
      std::ranges::find(attributes, attribute, &HlsAttribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

std::string_view HlsLine::Get(std::string_view attribute) const {
  const HlsAttribute* found = Find(attribute);
  return found == nullptr ? std::string_view() : found->value;
}

HlsLines SplitHls(std::string_view text) { return Splitter().Split(text); }

}  // namespace usher::playlist
