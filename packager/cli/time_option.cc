#include "packager/cli/time_option.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace usher::cli {

Result<int64_t> ReadTime(const char* option, const std::string& text,
                         int64_t now) {
  constexpr int64_t kMax = 253402300799;  // the year 9999
  const auto bad = [&] {
    return BadInput(option, "'" + text + "' is no time",
                    "write 90m, 6h or 30d, or a UNIX time in seconds");
  };
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0 || number > kMax) return bad();
  if (rest == end) return number;
  constexpr std::pair<char, int64_t> kUnits[] = {
      {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  for (const auto& [unit, seconds] : kUnits) {
    if (std::string_view(rest, end) != std::string_view(&unit, 1)) continue;
    if (number > (kMax - now) / seconds) return bad();
    return now + number * seconds;
  }
  return bad();
}

}  // namespace usher::cli
