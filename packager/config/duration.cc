#include "packager/config/duration.h"

#include <charconv>
#include <cmath>

namespace usher::config {
namespace {

std::optional<double> UnitOf(std::string_view suffix) {
  if (suffix.empty() || suffix == "s") return 1;
  if (suffix == "m") return 60;
  if (suffix == "h") return 3600;
  return std::nullopt;
}

}  // namespace

std::optional<double> ParseDuration(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const auto unit = UnitOf(text.substr(static_cast<size_t>(end - text.data())));
  if (!unit || !(value >= 0) || !std::isfinite(value * *unit)) {
    return std::nullopt;
  }
  return value * *unit;
}

}  // namespace usher::config
