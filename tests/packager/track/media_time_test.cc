#include "packager/track/media_time.h"

#include <gtest/gtest.h>

#include <limits>

namespace usher {
namespace {

TEST(MediaTime, TimesOfDifferentScalesCompareExactly) {
  EXPECT_EQ((MediaTime{1001, 30000}), (MediaTime{3003, 90000}));
  EXPECT_LT((MediaTime{1, 3}), (MediaTime{33334, 100000}));
  EXPECT_GT((MediaTime{1, 3}), (MediaTime{33333, 100000}));
  EXPECT_LT((MediaTime{-1, 48000}), (MediaTime{0, 1}));
}

TEST(MediaTime, LargeTimesDoNotOverflow) {
  constexpr int64_t kLarge = std::numeric_limits<int64_t>::max();
  EXPECT_LT((MediaTime{kLarge - 1, 90000}), (MediaTime{kLarge, 90000}));
  EXPECT_EQ(Rescale({kLarge / 48000, 44100}, 44100), kLarge / 48000);
}

TEST(MediaTime, RescaleRoundsToTheNearestTick) {
  EXPECT_EQ(Rescale({1, 44100}, 90000), 2);
  EXPECT_EQ(Rescale({-1, 44100}, 90000), -2);
  EXPECT_EQ(Rescale({1, 2}, 1), 1);
  EXPECT_EQ(Rescale({-1, 2}, 1), -1);
  EXPECT_EQ(Rescale({1, 3}, 1), 0);
}

TEST(MediaTime, RescaleUpNeverGoesBack) {
  EXPECT_EQ(Rescale({1, 3}, 1, Rounding::kUp), 1);
  EXPECT_EQ(Rescale({-1, 3}, 1, Rounding::kUp), 0);
  EXPECT_EQ(Rescale({6, 3}, 1, Rounding::kUp), 2);
}

}  // namespace
}  // namespace usher
