// What one scheme's half of an event keeps, and what it stores again.
#include "packager/live/live_scheme.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/packager/live/shelf.h"
#include "tests/packager/manifest/presentations.h"

namespace usher::live {
namespace {

class LiveSchemeTest : public ::testing::Test {
 protected:
  // Three segments of 6, 6 and 2 s with four parts each.
  LiveSchemeTest() : scheme_(Scheme::kNone, {"fight", "", false}, shelf_) {
    manifest::TrackRecord record = manifest::VideoRecord(1280, 720, 100'000);
    for (manifest::SegmentRecord& segment : record.segments) {
      segment.parts.assign(4, {.duration = segment.duration / 4});
    }
    scheme_.AddTrack(record.track, {KeyPeriod{}});
    SchemeState state;
    state.tracks.push_back(std::move(record));
    scheme_.Restore(state, {});
  }
  const std::vector<manifest::SegmentRecord>& segments() {
    return scheme_.presentation().tracks[0].segments;
  }

  Shelf shelf_;
  LiveScheme scheme_;
};

TEST_F(LiveSchemeTest, PartsThatAreNoLongerListedTakeNoMemory) {
  ASSERT_EQ(segments().size(), 3u);
  const double behind_two = static_cast<double>(segments()[2].start) /
                            scheme_.presentation().tracks[0].track.timescale;
  scheme_.RemoveParts(behind_two);
  EXPECT_EQ(segments()[0].parts.capacity(), 0u);
  EXPECT_EQ(segments()[1].parts.capacity(), 0u);
  EXPECT_EQ(segments()[2].parts.size(), 4u);
  EXPECT_EQ(shelf_.removed.size(), 8u);
}

TEST_F(LiveSchemeTest, WhatHasNotChangedIsNotStoredAgain) {
  manifest::LiveState state;
  state.target_duration = 7;
  ASSERT_TRUE(scheme_.Publish(state, std::nullopt));
  const auto once = shelf_.puts;
  ASSERT_TRUE(once.contains("master.m3u8"));
  ASSERT_TRUE(scheme_.Publish(state, std::nullopt));
  EXPECT_EQ(shelf_.puts, once);
  state.ended = true;
  ASSERT_TRUE(scheme_.Publish(state, std::nullopt));
  EXPECT_EQ(shelf_.puts["v720/media.m3u8"], once.at("v720/media.m3u8") + 1);
  EXPECT_TRUE(shelf_.texts["v720/media.m3u8"].contains("#EXT-X-ENDLIST"));
}

TEST_F(LiveSchemeTest, WhatCouldNotBeStoredIsTriedAgain) {
  manifest::LiveState state;
  state.target_duration = 7;
  shelf_.full = true;
  EXPECT_FALSE(scheme_.Publish(state, std::nullopt));
  shelf_.full = false;
  ASSERT_TRUE(scheme_.Publish(state, std::nullopt));
  EXPECT_EQ(shelf_.puts["master.m3u8"], 1);
  EXPECT_EQ(shelf_.puts["v720/media.m3u8"], 1);
}

}  // namespace
}  // namespace usher::live
