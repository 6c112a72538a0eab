#include "packager/track/media_time.h"

#include <array>
#include <cstdio>

namespace usher {
namespace {

__int128 DivideUp(__int128 value, __int128 divisor) {
  const __int128 quotient = value / divisor;
  return value > quotient * divisor ? quotient + 1 : quotient;
}

__int128 DivideToNearest(__int128 value, __int128 divisor) {
  const __int128 half = value < 0 ? -divisor : divisor;
  return (2 * value + half) / (2 * divisor);
}

}  // namespace

int64_t Rescale(const MediaTime& time, uint32_t timescale, Rounding rounding) {
  const __int128 scaled = static_cast<__int128>(time.ticks) * timescale;
  return static_cast<int64_t>(rounding == Rounding::kUp
                                  ? DivideUp(scaled, time.timescale)
                                  : DivideToNearest(scaled, time.timescale));
}

std::string FormatSeconds(const MediaTime& time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", time.Seconds());
  return text.data();
}

}  // namespace usher
