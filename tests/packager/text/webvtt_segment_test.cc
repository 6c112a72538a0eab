#include "packager/text/webvtt_segment.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher::text {
namespace {

TEST(WebVttSegment, MapsTheFilmsStartOntoTheMediasTimeline) {
  const Cue plain{Time(1000), Time(2500), "", "", "Hi\nthere"};
  const Cue full{Time(3'600'000), Time(3'601'000), "x", "line:0", "Bye"};
  const std::vector<const Cue*> cues = {&plain, &full};
  EXPECT_EQ(WriteWebVttSegment("", cues, 7200),
            "WEBVTT\n"
            "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:7200\n"
            "\n"
            "00:00:01.000 --> 00:00:02.500\n"
            "Hi\nthere\n"
            "\n"
            "x\n"
            "01:00:00.000 --> 01:00:01.000 line:0\n"
            "Bye\n");
}

TEST(WebVttSegment, IsOnlyAHeaderWhereNothingIsSaid) {
  EXPECT_EQ(WriteWebVttSegment("STYLE\n::cue{}", {}, 0),
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n");
}

TEST(WebVttSegment, CarriesStylesInFrontOfItsCues) {
  const Cue cue{Time(0), Time(1), "", "", "a"};
  const std::vector<const Cue*> cues = {&cue};
  EXPECT_EQ(WriteWebVttSegment("STYLE\n::cue{}", cues, 0),
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"
            "STYLE\n::cue{}\n\n00:00:00.000 --> 00:00:00.001\na\n");
}

}  // namespace
}  // namespace usher::text
