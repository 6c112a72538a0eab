// A point in time as ticks of a timescale, compared exactly with one of
// another timescale.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace usher {

struct MediaTime {
  int64_t ticks = 0;
  uint32_t timescale = 1;

  double Seconds() const {
    return static_cast<double>(ticks) / static_cast<double>(timescale);
  }

  friend bool operator==(const MediaTime& a, const MediaTime& b) {
    return (a <=> b) == 0;
  }
  friend std::strong_ordering operator<=>(const MediaTime& a,
                                          const MediaTime& b) {
    return static_cast<__int128>(a.ticks) * b.timescale <=>
           static_cast<__int128>(b.ticks) * a.timescale;
  }
};

enum class Rounding { kNearest, kUp };

// `time` in ticks of another timescale. Halves round away from zero.
int64_t Rescale(const MediaTime& time, uint32_t timescale,
                Rounding rounding = Rounding::kNearest);

// "12.345 s", for messages.
std::string FormatSeconds(const MediaTime& time);

}  // namespace usher
