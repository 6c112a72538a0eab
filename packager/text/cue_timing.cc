#include "packager/text/cue_timing.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace usher::text {
namespace {

constexpr std::string_view kArrow = "-->";
// What lies beyond is damage: 416 days.
constexpr int64_t kMaxHours = 9999;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\f'; }

void SkipSpace(std::string_view& text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
}

std::optional<int64_t> TakeNumber(std::string_view& text, size_t most_digits) {
  int64_t value = 0;
  size_t digits = 0;
  for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1)) {
    if (++digits > most_digits) return std::nullopt;
    value = value * 10 + (text.front() - '0');
  }
  if (digits == 0) return std::nullopt;
  return value;
}

bool TakeOneOf(std::string_view& text, std::string_view characters) {
  if (text.empty() || !characters.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// The digits behind the point, as milliseconds.
std::optional<int64_t> TakeFraction(std::string_view& text) {
  const size_t before = text.size();
  auto value = TakeNumber(text, 3);
  if (!value) return std::nullopt;
  for (size_t digits = before - text.size(); digits < 3; ++digits) *value *= 10;
  return value;
}

bool IsSettingValue(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("%.,-_").contains(c);
}

bool IsKnownSetting(std::string_view setting) {
  constexpr std::array<std::string_view, 6> kNames = {
      "vertical", "line", "position", "size", "align", "region"};
  const size_t colon = setting.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view value = setting.substr(colon + 1);
  return std::ranges::find(kNames, setting.substr(0, colon)) != kNames.end() &&
         !value.empty() && std::ranges::all_of(value, IsSettingValue) &&
         !value.contains("--");
}

}  // namespace

bool HasArrow(std::string_view line) { return line.contains(kArrow); }

std::optional<CueTiming> ParseCueTiming(std::string_view line) {
  const auto start = TakeTimestamp(line);
  if (!start) return std::nullopt;
  SkipSpace(line);
  if (!line.starts_with(kArrow)) return std::nullopt;
  line.remove_prefix(kArrow.size());
  const auto end = TakeTimestamp(line);
  if (!end || (!line.empty() && !IsSpace(line.front()))) return std::nullopt;
  return CueTiming{*start, *end, line};
}

std::optional<Time> TakeTimestamp(std::string_view& text) {
  SkipSpace(text);
  const bool negative = TakeOneOf(text, "-");
  std::array<int64_t, 3> fields{};  // hours where there are three
  size_t count = 0;
  do {
    const auto number = TakeNumber(text, 4);
    if (!number || count == fields.size()) return std::nullopt;
    fields[count++] = *number;
  } while (TakeOneOf(text, ":"));
  if (count < 2 || !TakeOneOf(text, ".,")) return std::nullopt;
  const auto fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  const int64_t hours = count == 3 ? fields[0] : 0;
  const int64_t minutes = fields[count - 2];
  const int64_t seconds = fields[count - 1];
  if (hours > kMaxHours || minutes > 59 || seconds > 59) return std::nullopt;
  const Time time(((hours * 60 + minutes) * 60 + seconds) * 1000 + *fraction);
  return negative ? -time : time;
}

std::string FormatTimestamp(Time time) {
  const int64_t ms = time.count();
  char text[64];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld.%03lld",
                static_cast<long long>(ms / 3'600'000),
                static_cast<long long>(ms / 60'000 % 60),
                static_cast<long long>(ms / 1000 % 60),
                static_cast<long long>(ms % 1000));
  return text;
}

std::string KnownSettings(std::string_view rest) {
  std::string known;
  while (true) {
    SkipSpace(rest);
    if (rest.empty()) return known;
    const size_t end = std::min(rest.find_first_of(" \t\f"), rest.size());
    const std::string_view setting = rest.substr(0, end);
    rest.remove_prefix(end);
    if (!IsKnownSetting(setting)) continue;
    if (!known.empty()) known += ' ';
    known += setting;
  }
}

}  // namespace usher::text
