#include "packager/manifest/segment_times.h"

#include <gtest/gtest.h>

#include "tests/packager/manifest/presentations.h"

namespace usher::manifest {
namespace {

using std::chrono::microseconds;

// 23.976 fps, as a feature film: nominal durations would drift by seconds.
TEST(SegmentTimes, AddUpToTheSpanOfAWholeFilm) {
  TrackRecord record;
  record.track.timescale = 24000;
  record.track.presentation_time_offset = 1001;
  uint64_t span = 0;
  for (int i = 0; i < 2700; ++i) {
    const uint64_t duration = 1001 * (95 + i % 3);
    AddSegment(duration, 1, record);
    span += duration;
  }
  microseconds sum{};
  for (const SegmentRecord& segment : record.segments) {
    sum += DurationOf(segment, record.track.timescale);
  }
  const double exact = static_cast<double>(span) / 24000 * 1e6;
  EXPECT_NEAR(static_cast<double>(sum.count()), exact, 1.0);
}

TEST(SegmentTimes, AreExactWhereMicrosecondsAre) {
  const TrackRecord record = VideoRecord(640, 360, 1);
  EXPECT_EQ(DurationOf(record.segments[0], 12800), microseconds(6'000'000));
  EXPECT_EQ(DurationOf(record.segments[2], 12800), microseconds(2'000'000));
}

TEST(PresentationDuration, CountsFromThePresentationsStart) {
  Presentation presentation = SecondRevision();
  EXPECT_EQ(PresentationDuration(presentation), microseconds(18'018'000));
  EXPECT_EQ(LongestSegment(presentation), microseconds(6'006'000));
}

TEST(PresentationDuration, IsThatOfTheTrackThatEndsLast) {
  EXPECT_EQ(PresentationDuration(Ladder()),
            microseconds(657 * 1024 * 1'000'000LL / 48000));
}

TEST(PresentationDuration, OfNothingIsNothing) {
  EXPECT_EQ(PresentationDuration({}), microseconds(0));
  EXPECT_EQ(LongestSegment({}), microseconds(0));
}

}  // namespace
}  // namespace usher::manifest
