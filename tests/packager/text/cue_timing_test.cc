#include "packager/text/cue_timing.h"

#include <gtest/gtest.h>

namespace usher::text {
namespace {

using std::chrono::milliseconds;

struct Readable {
  std::string_view line;
  int64_t start;
  int64_t end;
  std::string_view rest = "";
};

TEST(CueTiming, ReadsWhatToolsWrite) {
  const Readable cases[] = {
      {"00:00:01.000 --> 00:00:02.500", 1000, 2500},
      {"00:00:01,000 --> 00:00:02,500", 1000, 2500},
      {"00:01.000 --> 59:59.999", 1000, 3599999},
      {"00:00:01.000-->00:00:02.000", 1000, 2000},
      {" 0:00:01.5\t-->  0:00:02.25 ", 1500, 2250, " "},
      {"100:00:00.000 --> 1000:00:00.000", 360000000, 3600000000},
      {"-00:00:01.000 --> 00:00:02.000", -1000, 2000},
      {"00:00:01.000 --> 00:00:02.000 line:0", 1000, 2000, " line:0"},
      {"00:00:05.000 --> 00:00:02.000", 5000, 2000},
  };
  for (const Readable& each : cases) {
    const auto timing = ParseCueTiming(each.line);
    ASSERT_TRUE(timing) << each.line;
    EXPECT_EQ(timing->start, milliseconds(each.start)) << each.line;
    EXPECT_EQ(timing->end, milliseconds(each.end)) << each.line;
    EXPECT_EQ(timing->rest, each.rest) << each.line;
  }
}

TEST(CueTiming, RefusesWhatHasNoTimes) {
  for (const std::string_view line :
       {"", "-->", "1 --> 2", "00:00:01.000", "00:00:01.000 -> 00:00:02.000",
        "00:00:01 --> 00:00:02", "00:60:00.000 --> 00:61:00.000",
        "00:00:01.0000 --> 00:00:02.000", "10000:00:00.000 --> 10001:00:00.0",
        "00:00:00:01.000 --> 00:00:00:02.000", "00:00:01.000 --> 00:00:02.000x",
        "99999999999999999999:00.0 --> 00:00:02.000"}) {
    EXPECT_FALSE(ParseCueTiming(line)) << line;
  }
}

TEST(CueTiming, WritesWhatItReads) {
  for (const std::string_view text :
       {"00:00:00.000", "00:00:01.002", "01:02:03.456", "123:59:59.999"}) {
    std::string_view rest = text;
    EXPECT_EQ(FormatTimestamp(*TakeTimestamp(rest)), text);
    EXPECT_EQ(rest, "");
  }
}

TEST(CueTiming, KeepsOnlySettingsWebVttKnows) {
  EXPECT_EQ(KnownSettings(" line:0  position:10%,line-left align:start"),
            "line:0 position:10%,line-left align:start");
  EXPECT_EQ(KnownSettings(" X1:40 X2:600 Y1:20 Y2:50"), "");
  EXPECT_EQ(KnownSettings(" line: size:50% line:<b> region:r-1 line:--"),
            "size:50% region:r-1");
}

}  // namespace
}  // namespace usher::text
