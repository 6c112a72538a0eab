#include "core/keys/rotation_schedule.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher::keys {
namespace {

std::vector<int> FirstSegments(double period, double segment, int count) {
  RotationSchedule schedule(period);
  std::vector<int> first;
  for (int i = 0; i < count; ++i) {
    if (schedule.BeginsPeriod(i * segment)) first.push_back(i);
  }
  return first;
}

TEST(RotationSchedule, BeginsAPeriodWithTheFirstSegmentInIt) {
  EXPECT_EQ(FirstSegments(10, 4, 10), (std::vector{0, 3, 5, 8}));
}

TEST(RotationSchedule, ForgivesRounding) {
  EXPECT_EQ(FirstSegments(6, 6 - 1e-7, 3), (std::vector{0, 1, 2}));
}

TEST(RotationSchedule, DoesNotDrift) {
  // Twelve hours of 6.006 s: the grid is one of minutes.
  EXPECT_EQ(FirstSegments(60, 6.006, 7192).size(), 720U);
}

TEST(RotationSchedule, LeavesOutPeriodsInWhichNoSegmentBegins) {
  EXPECT_EQ(FirstSegments(2, 5, 4), (std::vector{0, 1, 2, 3}));
}

TEST(RotationSchedule, OfLengthZeroHasOnePeriod) {
  EXPECT_EQ(FirstSegments(0, 6, 100), (std::vector{0}));
}

}  // namespace
}  // namespace usher::keys
