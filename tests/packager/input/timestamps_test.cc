#include "packager/input/timestamps.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher {
namespace {

constexpr AVRational kMilliseconds = {1, 1000};

TEST(FrameGrid, PutsMillisecondsBackOntoTheFrameRate) {
  FrameGrid grid({24000, 1001}, 90000, kMilliseconds);
  // Matroska's timestamps of 23.976 frames a second: 0, 42, 83, 125, 167.
  std::vector<int64_t> snapped;
  for (const int64_t ms : {0, 42, 83, 125, 167}) {
    snapped.push_back(grid.Snap(ms * 90));
  }
  EXPECT_EQ(snapped, (std::vector<int64_t>{0, 3754, 7508, 11261, 15015}));
}

TEST(FrameGrid, DoesNotDriftOverHours) {
  FrameGrid grid({30000, 1001}, 90000, kMilliseconds);
  grid.Snap(0);
  constexpr int64_t kFrames = 30 * 3600 * 3;
  const int64_t exact = kFrames * 3003;
  const int64_t rounded = (exact + 45) / 90 * 90;
  EXPECT_EQ(grid.Snap(rounded), exact);
}

TEST(FrameGrid, LeavesFramesOffTheGridWhereTheyAre) {
  FrameGrid grid({25, 1}, 90000, kMilliseconds);
  EXPECT_EQ(grid.Snap(0), 0);
  EXPECT_EQ(grid.Snap(20 * 90), 20 * 90);
  EXPECT_EQ(grid.Snap(41 * 90), 40 * 90);
}

TEST(FrameGrid, DoesNothingWhereTheRateIsUnknown) {
  FrameGrid grid({0, 1}, 90000, kMilliseconds);
  EXPECT_EQ(grid.Snap(41 * 90), 41 * 90);
}

TEST(SampleCounter, CountsSamplesInsteadOfBelievingRoundedTimes) {
  SampleCounter counter;
  for (int64_t frame = 0; frame < 100'000; ++frame) {
    const int64_t exact = frame * 1024;
    const int64_t milliseconds = (exact * 1000 + 24000) / 48000;
    EXPECT_EQ(counter.Next(milliseconds * 48, 1024), exact);
  }
}

TEST(SampleCounter, FollowsAGap) {
  SampleCounter counter;
  EXPECT_EQ(counter.Next(0, 1024), 0);
  EXPECT_EQ(counter.Next(5000, 1024), 5000);
  EXPECT_EQ(counter.Next(6024, 1024), 6024);
}

TEST(SampleCounter, LeavesOutWhatOverlaps) {
  SampleCounter counter;
  EXPECT_EQ(counter.Next(0, 1024), 0);
  EXPECT_EQ(counter.Next(1024, 1024), 1024);
  EXPECT_EQ(counter.Next(0, 1024), std::nullopt);
  EXPECT_EQ(counter.Next(1024, 1024), std::nullopt);
  EXPECT_EQ(counter.Next(2048, 1024), 2048);
}

TEST(ExactFrameRate, FindsTheUsualRates) {
  const auto is = [](AVRational rate, int num, int den) {
    const AVRational exact = ExactFrameRate(rate);
    return exact.num == num && exact.den == den;
  };
  EXPECT_TRUE(is({2997, 100}, 30000, 1001));
  EXPECT_TRUE(is({23976, 1000}, 24000, 1001));
  EXPECT_TRUE(is({24, 1}, 24, 1));
  EXPECT_TRUE(is({50, 2}, 25, 1));
  EXPECT_TRUE(is({359, 12}, 359, 12));
  EXPECT_TRUE(is({0, 0}, 0, 1));
  EXPECT_TRUE(is({25, 0}, 0, 1));
}

TEST(PresentationTime, ImpossibleAndMissingTimesAreRefused) {
  AVPacket packet{};
  packet.pts = AV_NOPTS_VALUE;
  packet.dts = AV_NOPTS_VALUE;
  EXPECT_FALSE(PresentationTime(packet, kMilliseconds, 90000));
  packet.pts = INT64_MAX - 1;
  EXPECT_FALSE(PresentationTime(packet, kMilliseconds, 90000));
  packet.pts = -(INT64_MAX - 1);
  EXPECT_FALSE(PresentationTime(packet, {1, 1}, 90000));
  packet.pts = 1000;
  EXPECT_EQ(PresentationTime(packet, kMilliseconds, 90000), 90000);
}

}  // namespace
}  // namespace usher
