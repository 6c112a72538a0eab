#include "packager/fragment/cut_plan.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

using ::testing::Test;

// Key frames every `gop` frames of a film at 25 frames a second.
KeyFrames Rendition(const std::string& name, int gop, double seconds,
                    uint32_t timescale = 12800) {
  KeyFrames keys;
  keys.name = name;
  keys.timescale = timescale;
  keys.frame_seconds = 1 / 25.0;
  const int64_t frame = timescale / 25;
  keys.end = static_cast<int64_t>(seconds * timescale);
  for (int64_t time = 0; time < keys.end; time += gop * frame) {
    keys.times.push_back(time);
  }
  return keys;
}

std::vector<double> Seconds(const CutPlan& plan) {
  std::vector<double> seconds;
  for (const MediaTime& time : plan.boundaries) {
    seconds.push_back(time.Seconds());
  }
  return seconds;
}

std::vector<double> Plan(const KeyFrames& keys, double segment_seconds) {
  const auto plan = PlanCuts({&keys, 1}, segment_seconds);
  return plan ? Seconds(*plan) : std::vector<double>{-1};
}

using Times = std::vector<double>;

TEST(CutPlan, CutsAtTheKeyFrameNearestToTheDuration) {
  EXPECT_EQ(Plan(Rendition("v", 50, 20), 6), (Times{6, 12, 18}));
  EXPECT_EQ(Plan(Rendition("v", 60, 24), 6), (Times{4.8, 9.6, 14.4, 19.2}));
}

TEST(CutPlan, TheEndOfTheFilmMayBeNearerThanAnyKeyFrame) {
  EXPECT_EQ(Plan(Rendition("v", 50, 8), 4), (Times{4}));
  EXPECT_EQ(Plan(Rendition("v", 50, 9.9), 6), (Times{6}));
}

TEST(CutPlan, MeasuresFromTheLastBoundary) {
  KeyFrames keys = Rendition("v", 25, 12);
  keys.times = {0, 12800 * 5, 12800 * 7, 12800 * 11};
  EXPECT_EQ(Plan(keys, 6), (Times{5, 11}));
}

TEST(CutPlan, CutsWhereTheClockJumped) {
  KeyFrames keys = Rendition("v", 50, 20);
  keys.jumps = {12800 * 8};
  const auto plan = PlanCuts({&keys, 1}, 6);
  ASSERT_TRUE(plan);
  EXPECT_EQ(Seconds(*plan), (Times{6, 8, 14}));
  EXPECT_EQ(plan->jumps, std::vector<size_t>{1});
}

TEST(CutPlan, AJumpNeedsAKeyFrameInEveryRendition) {
  std::vector<KeyFrames> ladder = {Rendition("v720", 50, 20),
                                   Rendition("v360", 100, 20)};
  ladder[0].jumps = {12800 * 8};
  EXPECT_TRUE(PlanCuts(ladder, 8));
  ladder[0].jumps = {12800 * 10};
  const auto plan = PlanCuts(ladder, 8);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().where, "v720 and v360");
}

TEST(CutPlan, OneSegmentWhereThereIsOneKeyFrame) {
  EXPECT_TRUE(Plan(Rendition("v", 1000, 20), 6).empty());
}

TEST(CutPlan, RenditionsWithDifferentIntervalsAreCutWhereBothHaveKeyFrames) {
  const std::vector<KeyFrames> ladder = {Rendition("v720", 100, 24),
                                         Rendition("v360", 50, 24, 90000)};
  const auto plan = PlanCuts(ladder, 6);
  ASSERT_TRUE(plan);
  EXPECT_EQ(Seconds(*plan), (Times{4, 8, 12, 16, 20}));
  EXPECT_EQ(plan->video_cuts[0].front(), 4 * 12800);
  EXPECT_EQ(plan->video_cuts[1].front(), 4 * 90000);
}

TEST(CutPlan, RoundingOfAContainerIsNoMisalignment) {
  std::vector<KeyFrames> ladder = {Rendition("v720", 50, 24),
                                   Rendition("v360", 50, 24, 90000)};
  for (int64_t& time : ladder[1].times) time += 90;  // a millisecond
  EXPECT_TRUE(PlanCuts(ladder, 6));
}

TEST(CutPlan, MisalignedLaddersAreRefusedByTracksTimeAndSetting) {
  const std::vector<KeyFrames> ladder = {Rendition("v720", 60, 30),
                                         Rendition("v360", 50, 30)};
  const auto plan = PlanCuts(ladder, 6);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind, ErrorKind::kBadInput);
  const std::string line = plan.error().OneLine();
  EXPECT_NE(line.find("v720"), std::string::npos);
  EXPECT_NE(line.find("v360"), std::string::npos);
  EXPECT_NE(line.find("4.800 s"), std::string::npos) << line;
  EXPECT_NE(line.find("-force_key_frames"), std::string::npos);
}

TEST(CutPlan, ARenditionThatStartsLaterIsRefused) {
  std::vector<KeyFrames> ladder = {Rendition("v720", 50, 30),
                                   Rendition("v360", 50, 30)};
  ladder[1].times.erase(ladder[1].times.begin());
  const auto plan = PlanCuts(ladder, 6);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().OneLine().find("0.000 s"), std::string::npos);
}

TEST(CutPlan, OneKeyFrameTooFewMovesOneBoundary) {
  std::vector<KeyFrames> ladder = {Rendition("v720", 50, 30),
                                   Rendition("v360", 50, 30)};
  ladder[1].times.erase(ladder[1].times.begin() + 3);  // at 6 s
  const auto plan = PlanCuts(ladder, 6);
  ASSERT_TRUE(plan) << plan.error().OneLine();
  EXPECT_EQ(Seconds(*plan).front(), 4);
}

TEST(CutPlan, SoundIsCutAtOrBehindEachBoundary) {
  KeyFrames keys = Rendition("v", 50, 20, 30000);
  keys.times = {0, 180180, 360360};  // 6.006 s
  const auto plan = PlanCuts({&keys, 1}, 6);
  ASSERT_TRUE(plan);
  const TrackCuts cuts = SoundCuts(*plan, 44100);
  ASSERT_EQ(cuts.at.size(), 2u);
  EXPECT_EQ(cuts.at[0], 264865);  // 264864.6 rounded up
}

TEST(CutPlan, SoundThatGoesOnIsCutAfterThePicturesEnd) {
  const KeyFrames keys = Rendition("v", 50, 7);
  const auto plan = PlanCuts({&keys, 1}, 6);
  ASSERT_TRUE(plan);
  const TrackCuts cuts = SoundCuts(*plan, 48000);
  EXPECT_EQ(cuts.at, (std::vector<int64_t>{6 * 48000}));
  EXPECT_EQ(cuts.tail, 12 * 48000);
  EXPECT_EQ(cuts.tail_step, 6 * 48000);
}

TEST(CutPlan, SoundAloneIsCutEveryDuration) {
  const TrackCuts cuts = SoundCuts(PlanSoundOnly({1024, 48000}, 6), 48000);
  EXPECT_TRUE(cuts.at.empty());
  EXPECT_EQ(cuts.tail, 1024 + 6 * 48000);
  EXPECT_EQ(cuts.tail_step, 6 * 48000);
}

}  // namespace
}  // namespace usher
