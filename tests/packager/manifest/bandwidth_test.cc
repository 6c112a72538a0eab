#include "packager/manifest/bandwidth.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/packager/manifest/presentations.h"

namespace usher::manifest {
namespace {

struct SecondsAndBytes {
  double seconds;
  uint64_t bytes;
};

TrackRecord RecordOf(const std::vector<SecondsAndBytes>& segments) {
  TrackRecord record;
  record.track.timescale = 1000;
  for (const auto& [seconds, bytes] : segments) {
    AddSegment(static_cast<uint64_t>(seconds * 1000), bytes, record);
  }
  return record;
}

TEST(PeakBandwidth, IsTheCostliestSegmentsRate) {
  EXPECT_EQ(PeakBandwidth(RecordOf({{6, 6000}, {6, 9000}, {6, 3000}}), 6),
            12000U);
}

// A short last segment with a key frame would dwarf all others.
TEST(PeakBandwidth, LeavesOutRunsShorterThanHalfTheTarget) {
  EXPECT_EQ(PeakBandwidth(RecordOf({{6, 6000}, {0.04, 4000}}), 6),
            static_cast<uint64_t>(8 * 10000 / 6.04 + 1));
}

TEST(PeakBandwidth, JoinsSegmentsShorterThanTheTarget) {
  // 2 + 1 s is half of 6 s: the costliest pair counts, not each alone.
  EXPECT_EQ(PeakBandwidth(RecordOf({{2, 2000}, {1, 4000}, {2, 2000}}), 6),
            16000U);
}

TEST(PeakBandwidth, OfWhatIsShorterThanAnyRunIsTheAverage) {
  EXPECT_EQ(PeakBandwidth(RecordOf({{1, 1000}}), 6), 8000U);
  EXPECT_EQ(PeakBandwidth(RecordOf({}), 6), 0U);
}

TEST(Bandwidth, IsRoundedUpSoThatItIsNeverTooLow) {
  EXPECT_EQ(AverageBandwidth(RecordOf({{3, 1}})), 3U);
}

TEST(PeakBandwidth, IsNeverBelowTheAverage) {
  std::mt19937 random(7);
  for (int run = 0; run < 200; ++run) {
    std::vector<SecondsAndBytes> segments;
    for (unsigned i = 0; i <= random() % 20; ++i) {
      segments.push_back({0.1 + random() % 90 / 10.0, 1 + random() % 100000});
    }
    const TrackRecord record = RecordOf(segments);
    EXPECT_GE(PeakBandwidth(record, 6), AverageBandwidth(record));
  }
}

}  // namespace
}  // namespace usher::manifest
