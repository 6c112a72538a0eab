#include "packager/live/date_slew.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace usher::live {
namespace {

constexpr double kHour = 3600;

// An encoder whose clock counts `rate` seconds a second, in segments of two,
// for `hours`. What is late, and how the shift moves, is up to the caller.
template <typename LateFn, typename SeenFn>
void Publish(DateSlew& slew, double hours, double rate, LateFn late,
             SeenFn seen) {
  double arrived = 0;
  for (double wall = 2; wall < hours * kHour; wall += 2 / rate) {
    const double end = wall * rate;
    arrived = std::max(arrived, wall + late());
    seen(wall, end,
         static_cast<double>(slew.Take(end, arrived).count()) / 1000);
  }
}

TEST(DateSlew, FollowsAClockThatIsFastOrSlow) {
  for (const double rate : {1 - 1e-4, 1 + 1e-4, 1 - 5e-6}) {
    std::mt19937 random(1);
    std::exponential_distribution<double> jitter(5);  // 0.2 s on average
    DateSlew slew;
    double last = 0;
    double worst = 0;
    Publish(
        slew, 24, rate, [&] { return 0.7 + std::min(jitter(random), 3.0); },
        [&](double wall, double end, double shift) {
          EXPECT_LE(std::abs(shift - last), 0.002);  // 1 ms, and the rounding
          last = shift;
          worst = std::max(worst, std::abs(wall - (end + shift)));
        });
    EXPECT_LT(worst, 0.05) << rate;
  }
}

TEST(DateSlew, IsNothingWhereNothingDrifts) {
  std::mt19937 random(2);
  std::exponential_distribution<double> jitter(5);
  DateSlew slew;
  Publish(
      slew, 24, 1, [&] { return jitter(random); },
      [](double, double, double shift) { EXPECT_LE(std::abs(shift), 0.03); });
}

// A fleet's other road, an encoder with a longer buffer.
TEST(DateSlew, IsNothingWhereTheWayBecomesLonger) {
  DateSlew slew;
  double wall = 0;
  Publish(
      slew, 2, 1, [&] { return (wall += 2) < kHour ? 0.5 : 4.5; },
      [](double, double, double shift) { EXPECT_EQ(shift, 0); });
}

TEST(DateSlew, IsNothingForAFileThatIsReadAtOnce) {
  DateSlew slew;
  Publish(
      slew, 10, 60, [] { return 0.1; },
      [](double, double, double shift) { EXPECT_EQ(shift, 0); });
}

TEST(DateSlew, BeginsAnewBehindADiscontinuity) {
  DateSlew slew;
  double last = 0;
  Publish(
      slew, 10, 1 - 1e-4, [] { return 0.5; },
      [&](double, double, double shift) { last = shift; });
  EXPECT_NEAR(last, 3.6, 0.05);
  slew.Restart();
  EXPECT_EQ(slew.Take(5, 9).count(), 0);
}

}  // namespace
}  // namespace usher::live
