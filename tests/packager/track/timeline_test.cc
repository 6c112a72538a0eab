#include "packager/track/timeline.h"

#include <gtest/gtest.h>

#include "packager/track/media_time.h"

namespace usher {
namespace {

TEST(Timeline, WhatStartsAtZeroStays) {
  const std::vector<TrackStart> tracks = {{12800, 0, 0}, {48000, 0, 0}};
  for (const TrackPlacement& placement : PlaceTracks(tracks)) {
    EXPECT_EQ(placement.shift, 0);
    EXPECT_EQ(placement.presentation_time_offset, 0u);
  }
}

TEST(Timeline, PrimingShiftsEveryTrackByTheSameRealTime) {
  const std::vector<TrackStart> tracks = {{12800, 0, 0}, {44100, -1024, 0}};
  const auto placed = PlaceTracks(tracks);
  EXPECT_EQ((MediaTime{placed[0].shift, 12800}),
            (MediaTime{placed[1].shift, 44100}));
  EXPECT_GE(placed[1].shift, 1024);
  EXPECT_EQ(placed[0].presentation_time_offset,
            static_cast<uint64_t>(placed[0].shift));
  EXPECT_EQ(placed[1].presentation_time_offset,
            static_cast<uint64_t>(placed[1].shift));
}

TEST(Timeline, TheShiftIsTheSmallestThatIsExactInEveryTimescale) {
  // 1024 / 48000 s is a whole number of ticks of both.
  const std::vector<TrackStart> tracks = {{90000, 0, 0}, {48000, -1024, 0}};
  const auto placed = PlaceTracks(tracks);
  EXPECT_EQ(placed[0].shift, 1920);
  EXPECT_EQ(placed[1].shift, 1024);
}

TEST(Timeline, ALateStartMovesToZero) {
  const std::vector<TrackStart> tracks = {{90000, 126000, 126000},
                                          {48000, 67200, 67200}};
  const auto placed = PlaceTracks(tracks);
  EXPECT_EQ(placed[0].shift, -126000);
  EXPECT_EQ(placed[1].shift, -67200);
  EXPECT_EQ(placed[0].presentation_time_offset, 0u);
}

TEST(Timeline, ThePresentationStartsWithItsEarliestTrack) {
  const std::vector<TrackStart> tracks = {{90000, 45000, 45000}, {48000, 0, 0}};
  const auto placed = PlaceTracks(tracks);
  EXPECT_EQ(placed[0].shift, 0);
  EXPECT_EQ(placed[0].presentation_time_offset, 0u);
}

TEST(Timeline, TimescalesWithoutACommonDivisorStayExact) {
  const std::vector<TrackStart> tracks = {{1001, 0, 0}, {44100, -1024, 0}};
  const auto placed = PlaceTracks(tracks);
  EXPECT_EQ((MediaTime{placed[0].shift, 1001}),
            (MediaTime{placed[1].shift, 44100}));
  EXPECT_GE(placed[1].shift, 1024);
}

}  // namespace
}  // namespace usher
