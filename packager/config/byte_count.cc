#include "packager/config/byte_count.h"

#include <charconv>
#include <limits>

namespace usher::config {
namespace {

std::optional<int> ShiftOf(std::string_view unit) {
  constexpr std::string_view kUnits = "KMGT";
  if (unit.empty()) return 0;
  const size_t power = kUnits.find(unit);
  if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  return 10 * (static_cast<int>(power) + 1);
}

}  // namespace

std::optional<uint64_t> ParseByteCount(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const auto shift =
      ShiftOf(text.substr(static_cast<size_t>(end - text.data())));
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  if (!shift || value == 0 || value > kMost >> *shift) return std::nullopt;
  return value << *shift;
}

}  // namespace usher::config
