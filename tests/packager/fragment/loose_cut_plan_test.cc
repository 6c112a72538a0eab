#include "packager/fragment/loose_cut_plan.h"

#include <gtest/gtest.h>

#include <cmath>

namespace usher {
namespace {

// Key frames every `gop` seconds of 24.
KeyFrames Rendition(double gop) {
  KeyFrames keys;
  keys.name = "v";
  keys.timescale = 1000;
  keys.end = 24'000;
  for (double at = 0; at < 24; at += gop) {
    keys.times.push_back(std::llround(1000 * at));
  }
  return keys;
}

using Cuts = std::vector<int64_t>;

TEST(LooseCutPlan, CutsEachRenditionNearestToTheFirst) {
  const std::vector<KeyFrames> ladder = {Rendition(2), Rendition(1.7)};
  const auto plan = PlanLooseCuts(ladder, 6);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->aligned);
  EXPECT_EQ(plan->video_cuts[0], (Cuts{6000, 12000, 18000}));
  EXPECT_EQ(plan->video_cuts[1], (Cuts{6800, 11900, 18700}));
  EXPECT_EQ(plan->boundaries.size(), 3U);
}

TEST(LooseCutPlan, LeavesOutWhatARenditionCannotCut) {
  const std::vector<KeyFrames> ladder = {Rendition(2), Rendition(11)};
  const auto plan = PlanLooseCuts(ladder, 6);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->video_cuts[0], (Cuts{12000}));
  EXPECT_EQ(plan->video_cuts[1], (Cuts{11000}));
}

TEST(LooseCutPlan, KeepsJumps) {
  std::vector<KeyFrames> ladder = {Rendition(2), Rendition(1.7)};
  ladder[0].jumps = {12'000};
  const auto plan = PlanLooseCuts(ladder, 6);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jumps, std::vector<size_t>{1});
  ladder[1] = Rendition(22);
  EXPECT_FALSE(PlanLooseCuts(ladder, 6));
}

}  // namespace
}  // namespace usher
