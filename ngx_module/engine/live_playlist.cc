#include "ngx_module/engine/live_playlist.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace usher::engine {
namespace {

// Behind this many target durations a client may ask for what is missing.
constexpr uint64_t kMaxSegmentsAhead = 2;
// rfc8216bis 6.2.5.2, "Advance Part Limit".
constexpr double kAdvanceParts = 3;
constexpr uint32_t kLongestTarget = 3600;
// EXT-X-SKIP (section 8).
constexpr std::string_view kDeltaVersion = "#EXT-X-VERSION:9";

// Takes one line from the front of `text`, without its end.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<std::string_view> ValueOf(std::string_view line,
                                        std::string_view tag) {
  if (!line.starts_with(tag)) return std::nullopt;
  return line.substr(tag.size());
}

template <typename T>
std::optional<T> ParseStart(std::string_view text) {
  T value{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

double SecondsOr0(std::string_view text) {
  const auto seconds = ParseStart<double>(text);
  return seconds && std::isfinite(*seconds) && *seconds > 0 ? *seconds : 0;
}

// The value of a decimal attribute; 0 where it is not there. Names are told
// from the ends of longer ones by what stands in front.
double DecimalAttribute(std::string_view list, std::string_view name) {
  for (size_t at = list.find(name); at != std::string_view::npos;
       at = list.find(name, at + 1)) {
    const bool whole = at == 0 || list[at - 1] == ',';
    const std::string_view rest = list.substr(at + name.size());
    if (whole && rest.starts_with('=')) return SecondsOr0(rest.substr(1));
  }
  return 0;
}

// What belongs to one segment and so stands between two URIs; other tags are
// the playlist's (rfc8216bis 4.4.4).
bool BelongsToSegment(std::string_view line) {
  constexpr std::string_view kTags[] = {
      "#EXTINF:",    "#EXT-X-BYTERANGE:",    "#EXT-X-KEY:",
      "#EXT-X-MAP:", "#EXT-X-PART:",         "#EXT-X-PROGRAM-DATE-TIME:",
      "#EXT-X-GAP",  "#EXT-X-DISCONTINUITY", "#EXT-X-BITRATE:",
  };
  if (line.starts_with("#EXT-X-DISCONTINUITY-SEQUENCE")) return false;
  return std::ranges::any_of(
      kTags, [line](std::string_view tag) { return line.starts_with(tag); });
}

}  // namespace

std::optional<LivePlaylist> LivePlaylist::Read(std::string text) {
  LivePlaylist playlist(std::move(text));
  if (!playlist.Scan()) return std::nullopt;
  return playlist;
}

bool LivePlaylist::Scan() {
  std::string_view rest = text_;
  if (!rest.starts_with("#EXTM3U")) return false;
  while (!rest.empty()) {
    const size_t offset = text_.size() - rest.size();
    const std::string_view line = TakeLine(rest);
    if (line.empty()) continue;
    if (line.starts_with('#')) {
      ScanTag(line, offset);
      continue;
    }
    if (!open_begun_) open_.offset = offset;
    segments_.push_back(open_);
    open_ = {};
    open_begun_ = false;
  }
  return target_duration_ > 0;
}

void LivePlaylist::ScanTag(std::string_view line, size_t offset) {
  if (BelongsToSegment(line) && !open_begun_) {
    open_.offset = offset;
    open_begun_ = true;
  }
  if (const auto extinf = ValueOf(line, "#EXTINF:")) {
    open_.duration = SecondsOr0(*extinf);
  } else if (line.starts_with("#EXT-X-PART:")) {
    ++open_.parts;
  } else if (const auto target = ValueOf(line, "#EXT-X-TARGETDURATION:")) {
    target_duration_ =
        std::min(ParseStart<uint32_t>(*target).value_or(0), kLongestTarget);
  } else if (const auto first = ValueOf(line, "#EXT-X-MEDIA-SEQUENCE:")) {
    first_number_ = ParseStart<uint64_t>(*first).value_or(0);
  } else if (const auto parts = ValueOf(line, "#EXT-X-PART-INF:")) {
    part_target_ = DecimalAttribute(*parts, "PART-TARGET");
  } else if (const auto control = ValueOf(line, "#EXT-X-SERVER-CONTROL:")) {
    can_skip_until_ = DecimalAttribute(*control, "CAN-SKIP-UNTIL");
  } else if (line == "#EXT-X-ENDLIST") {
    ended_ = true;
  }
}

LivePlaylist::Reach LivePlaylist::Reaches(uint64_t number,
                                          std::optional<uint64_t> part) const {
  if (ended_) return Reach::kHere;
  const uint64_t open = first_number_ + segments_.size();  // number of open_
  if (part && number + 1 == open && !segments_.empty() &&
      segments_.back().parts > 0 && *part >= segments_.back().parts) {
    // Beyond the last part is the next segment's first.
    return Reaches(open, 0);
  }
  if (number < open) return Reach::kHere;
  if (number - open >= kMaxSegmentsAhead) return Reach::kBeyond;
  if (number > open || !part) return Reach::kNext;
  if (*part < open_.parts) return Reach::kHere;
  return *part - open_.parts < AdvanceLimit() ? Reach::kNext : Reach::kBeyond;
}

uint64_t LivePlaylist::AdvanceLimit() const {
  const bool short_parts = part_target_ > 0 && part_target_ < 1;
  return static_cast<uint64_t>(std::ceil(
      kAdvanceParts / (short_parts ? std::max(part_target_, 0.05) : 1.0)));
}

std::optional<std::string> LivePlaylist::Delta(
    std::optional<uint64_t> wanted) const {
  const size_t skipped = Skippable(wanted);
  if (skipped == 0) return std::nullopt;
  std::string delta;
  std::string_view head(text_);
  head = head.substr(0, segments_.front().offset);
  while (!head.empty()) {
    const std::string_view line = TakeLine(head);
    const bool version = line.starts_with("#EXT-X-VERSION:") &&
                         ParseStart<int>(line.substr(15)).value_or(0) < 9;
    delta.append(version ? kDeltaVersion : line) += '\n';
  }
  delta += "#EXT-X-SKIP:SKIPPED-SEGMENTS=" + std::to_string(skipped) + '\n';
  delta += InForceAt(skipped);
  delta += std::string_view(text_).substr(segments_[skipped].offset);
  return delta;
}

// Segments that lie wholly in front of the skip boundary, which is counted back
// from the end (rfc8216bis 4.4.3.8).
size_t LivePlaylist::Skippable(std::optional<uint64_t> wanted) const {
  if (can_skip_until_ <= 0) return 0;
  uint64_t known = segments_.size();
  if (wanted) known = *wanted > first_number_ ? *wanted - first_number_ - 1 : 0;
  double behind = 0;
  size_t kept = 0;
  while (kept < segments_.size() && behind < can_skip_until_) {
    behind += segments_[segments_.size() - 1 - kept].duration;
    ++kept;
  }
  return std::min<uint64_t>(segments_.size() - kept, known);
}

// The map and keys that a segment has from in front of it. A client that keeps
// them from its last update loses nothing by reading them again.
std::string LivePlaylist::InForceAt(size_t segment) const {
  std::string map;
  std::string keys;
  const size_t begin = segments_.front().offset;
  std::string_view passed =
      std::string_view(text_).substr(begin, segments_[segment].offset - begin);
  bool after_key = false;
  while (!passed.empty()) {
    const std::string_view line = TakeLine(passed);
    if (line.starts_with("#EXT-X-MAP:")) {
      map = std::string(line) + '\n';
    } else if (line.starts_with("#EXT-X-KEY:")) {
      // Keys of several formats stand together; the next group replaces them.
      if (!after_key || line.find("METHOD=NONE") != std::string_view::npos) {
        keys.clear();
      }
      keys.append(line) += '\n';
      after_key = true;
      continue;
    }
    after_key = false;
  }
  // What packagers write in front of a map ("no key") must not come to stand
  // behind it.
  return map + keys;
}

}  // namespace usher::engine
