#include "packager/live/feed_meter.h"

#include <gtest/gtest.h>

namespace usher::live {
namespace {

TEST(FeedMeter, CountsPicturesOverTheTimeTheyAreShown) {
  FeedMeter meter;
  EXPECT_EQ(meter.TakeFrameRate(), 0);
  for (int i = 0; i <= 50; ++i) meter.Note(TrackKind::kVideo, 10 + i * 0.04);
  EXPECT_NEAR(meter.TakeFrameRate(), 25, 0.01);
  for (int i = 51; i <= 60; ++i) meter.Note(TrackKind::kVideo, 10 + i * 0.04);
  EXPECT_NEAR(meter.TakeFrameRate(), 25, 0.01);
  EXPECT_EQ(meter.TakeFrameRate(), 0) << "none since";
}

TEST(FeedMeter, CountsPicturesInDecodeOrder) {
  FeedMeter meter;
  meter.Note(TrackKind::kVideo, 0);
  for (int group = 0; group < 25; ++group) {
    for (const int picture : {4, 2, 1, 3}) {
      meter.Note(TrackKind::kVideo, (group * 4 + picture) * 0.02);
    }
  }
  EXPECT_NEAR(meter.TakeFrameRate(), 50, 0.01);
}

TEST(FeedMeter, TellsHowFarSoundIsAhead) {
  FeedMeter meter;
  EXPECT_FALSE(meter.Skew());
  meter.Note(TrackKind::kVideo, 5);
  EXPECT_FALSE(meter.Skew());
  meter.Note(TrackKind::kAudio, 5.25);
  EXPECT_DOUBLE_EQ(meter.Skew().value(), 0.25);
  meter.Note(TrackKind::kVideo, 6);
  EXPECT_DOUBLE_EQ(meter.Skew().value(), -0.75);
}

}  // namespace
}  // namespace usher::live
