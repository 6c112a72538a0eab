#include <algorithm>
#include <array>

#include "core/layout/layout.h"

namespace usher::layout {
namespace {

constexpr std::array<std::string_view, 4> kSchemes = {"aes-128", "cbcs", "cenc",
                                                      "none"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the text up to the next `separator`, and the separator, off `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view head = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return head;
}

// As SegmentName and its kin write it: no sign, no leading zero.
bool IsNumber(std::string_view text) {
  constexpr size_t kMostDigits = 19;  // fits 64 bits
  if (text.empty() || text.size() > kMostDigits) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  return std::ranges::all_of(text, IsDigit);
}

bool IsMultivariant(std::string_view file) {
  return file == kMaster ||
         (file.starts_with("master-") && file.ends_with(".m3u8"));
}

bool IsInit(std::string_view file) {
  if (file == kInit) return true;
  constexpr std::string_view kPrefix = "init-";
  constexpr std::string_view kSuffix = ".mp4";
  if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) return false;
  file.remove_prefix(kPrefix.size());
  file.remove_suffix(kSuffix.size());
  return IsNumber(file);
}

// "<n>.m4s" or "<n>.<p>.m4s".
Kind KindOfNumbered(std::string_view file) {
  std::string_view rest = file;
  const std::string_view number = TakeUntil(rest, '.');
  if (!IsNumber(number) || number == "0") return Kind::kOther;
  if (rest == "m4s" || rest == "ts" || rest == "vtt" || rest == "jpg") {
    return Kind::kSegment;
  }
  const std::string_view part = TakeUntil(rest, '.');
  return IsNumber(part) && rest == "m4s" ? Kind::kPart : Kind::kOther;
}

Kind KindInTrack(std::string_view file) {
  if (file.find('/') != std::string_view::npos) return Kind::kOther;
  if (file.ends_with(".m3u8")) return Kind::kMediaPlaylist;
  if (IsInit(file)) return Kind::kInit;
  if (file.ends_with(".mp4") && !file.starts_with("init")) {
    return Kind::kSegment;  // all of them in one
  }
  return KindOfNumbered(file);
}

Kind KindInScheme(std::string_view path) {
  const size_t track_end = path.find('/');
  if (track_end != std::string_view::npos) {
    return KindInTrack(path.substr(track_end + 1));
  }
  if (IsMultivariant(path)) return Kind::kMultivariant;
  if (path == kMpd || path == kMpdDrm || path == kMpdLowLatency) {
    return Kind::kMpd;
  }
  return Kind::kOther;
}

void ClassifyKey(std::string_view name, Resource& resource) {
  if (name.empty()) {
    resource.kind = Kind::kLicence;
    return;
  }
  const auto kid = keys::KeyId::Parse(name);
  // One URL per key: capital letters and hyphens are not how we write it.
  if (!kid || kid->ToHex() != name) return;
  resource.kind = Kind::kKey;
  resource.kid = kid;
}

}  // namespace

std::optional<std::string_view> EventOfPath(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const std::string_view event = TakeUntil(path, '/');
  if (!IsEventName(event)) return std::nullopt;
  return event;
}

std::optional<Resource> Classify(std::string_view path) {
  const auto event = EventOfPath(path);
  if (!event) return std::nullopt;
  Resource resource;
  resource.event = *event;
  std::string_view rest = path.substr(1 + event->size());
  if (rest.empty()) return resource;
  rest.remove_prefix(1);
  std::string_view below = rest;
  const std::string_view first = TakeUntil(below, '/');
  const bool is_directory = rest.size() > first.size();
  if (is_directory && first == "key") {
    ClassifyKey(below, resource);
  } else if (is_directory &&
             std::ranges::find(kSchemes, first) != kSchemes.end()) {
    resource.kind = KindInScheme(below);
  } else {
    resource.kind = KindInScheme(rest);
  }
  return resource;
}

}  // namespace usher::layout
