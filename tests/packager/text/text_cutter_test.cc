#include "packager/text/text_cutter.h"

#include <gtest/gtest.h>

namespace usher::text {
namespace {

Cue Said(int64_t start, int64_t end, std::string what) {
  return {Time(start), Time(end), "", "", std::move(what)};
}

Interval Seconds(uint64_t number, int64_t start, int64_t end) {
  return {number, start * kTimescale, end * kTimescale};
}

std::string NextOf(TextCutter& cutter, const Interval& interval) {
  const auto cues = cutter.Next(interval);
  if (!cues) return "error: " + cues.error().what;
  std::string all;
  for (const Cue* cue : *cues) all += cue->payload;
  return all;
}

TEST(TextCutter, RepeatsACueInEverySegmentItReachesInto) {
  Subtitles subtitles;
  subtitles.cues = {Said(500, 5500, "a"), Said(1000, 2000, "b"),
                    Said(2000, 4000, "c"), Said(6000, 8000, "d")};
  TextCutter cutter(subtitles);
  EXPECT_EQ(NextOf(cutter, Seconds(1, 0, 2)), "ab");
  EXPECT_EQ(NextOf(cutter, Seconds(2, 2, 4)), "ac");
  EXPECT_EQ(NextOf(cutter, Seconds(3, 4, 6)), "a");
  EXPECT_EQ(NextOf(cutter, Seconds(4, 6, 8)), "d");
  EXPECT_EQ(NextOf(cutter, Seconds(5, 8, 10)), "");
}

TEST(TextCutter, RefusesMoreThanAViewerCouldRead) {
  Subtitles subtitles;
  for (int i = 0; i < 300; ++i) {
    subtitles.cues.push_back(Said(0, 10'000, std::string(4096, 'x')));
  }
  TextCutter cutter(subtitles);
  EXPECT_EQ(NextOf(cutter, Seconds(1, 0, 2)),
            "error: hold more than 1 MiB of text for one segment");
}

TEST(TextCutter, TheFilmsEndIsTheSubtitlesEnd) {
  Subtitles subtitles;
  subtitles.cues = {Said(0, 1000, "a"), Said(1000, 3000, "b"),
                    Said(2000, 3000, "c"), Said(9000, 10'000, "d")};
  EXPECT_EQ(EndAt(Time(2000), subtitles), 2u);
  ASSERT_EQ(subtitles.cues.size(), 2u);
  EXPECT_EQ(subtitles.cues[1].end, Time(2000));
}

}  // namespace
}  // namespace usher::text
