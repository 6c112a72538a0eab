// A length of time as people write it: "90", "90s", "10m", "1.5h".
#pragma once

#include <optional>
#include <string_view>

namespace usher::config {

// In seconds; a number alone is seconds. Nothing where it is no such length,
// negative, or not finite.
std::optional<double> ParseDuration(std::string_view text);

}  // namespace usher::config
