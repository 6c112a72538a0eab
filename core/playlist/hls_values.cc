#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "core/playlist/hls_reader.h"

namespace usher::playlist {
namespace {

// "Z", "+01:00" or "+0100", in minutes.
std::optional<int> ParseZone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) {
    return std::nullopt;
  }
  const auto hours = ParseInteger(text.substr(1, 2));
  const auto minutes = ParseInteger(text.substr(text[3] == ':' ? 4 : 3));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int total = static_cast<int>(*hours * 60 + *minutes);
  return text[0] == '-' ? -total : total;
}

}  // namespace

std::optional<uint64_t> ParseInteger(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> ParseDecimal(std::string_view text) {
  if (text.empty() ||
      text.find_first_not_of("0123456789.-") != std::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(
      text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<PictureSize> ParseResolution(std::string_view text) {
  const size_t x = text.find('x');
  if (x == std::string_view::npos) return std::nullopt;
  const auto width = ParseInteger(text.substr(0, x));
  const auto height = ParseInteger(text.substr(x + 1));
  if (!width || !height || *width > UINT32_MAX || *height > UINT32_MAX) {
    return std::nullopt;
  }
  return PictureSize{static_cast<uint32_t>(*width),
                     static_cast<uint32_t>(*height)};
}

std::optional<int64_t> ParseDate(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.fff]ZONE
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  const size_t zone_at = text.find_first_of("Zz+-", 19);
  if (zone_at == std::string_view::npos) return std::nullopt;
  const auto zone = ParseZone(text.substr(zone_at));
  const auto year = ParseInteger(text.substr(0, 4));
  const auto month = ParseInteger(text.substr(5, 2));
  const auto day = ParseInteger(text.substr(8, 2));
  const auto hour = ParseInteger(text.substr(11, 2));
  const auto minute = ParseInteger(text.substr(14, 2));
  const auto second = ParseDecimal(text.substr(17, zone_at - 17));
  if (!zone || !year || !month || !day || !hour || !minute || !second ||
      *hour > 23 || *minute > 59 || *second < 0 || *second >= 61) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t minutes = days * 24 * 60 + static_cast<int64_t>(*hour) * 60 +
                          static_cast<int64_t>(*minute) - *zone;
  return minutes * 60'000 + std::llround(*second * 1000);
}

}  // namespace usher::playlist
