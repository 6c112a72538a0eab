#include "ngx_module/engine/live_playlist.h"

#include <gtest/gtest.h>

#include <string>

#include "core/playlist/hls_reader.h"

namespace usher::engine {
namespace {

using Reach = LivePlaylist::Reach;

// Segments 10, 11 and 12, whole, and two parts of 13.
constexpr char kLowLatency[] =
    "#EXTM3U\n"
    "#EXT-X-VERSION:6\n"
    "#EXT-X-TARGETDURATION:4\n"
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,"
    "CAN-SKIP-UNTIL=7.5\n"
    "#EXT-X-PART-INF:PART-TARGET=0.5\n"
    "#EXT-X-MEDIA-SEQUENCE:10\n"
    "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
    "#EXT-X-MAP:URI=\"init.mp4\"\n"
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../key/a\",KEYFORMAT=\"identity\"\n"
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:x\",KEYFORMAT=\"org.w3\"\n"
    "#EXTINF:4.0,\n"
    "10.m4s\n"
    "#EXT-X-KEY:METHOD=NONE\n"
    "#EXT-X-MAP:URI=\"init-2.mp4\"\n"
    "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../key/b\",KEYFORMAT=\"identity\"\n"
    "#EXTINF:4.0,\n"
    "11.m4s\n"
    "#EXT-X-PART:DURATION=0.5,URI=\"12.0.m4s\"\n"
    "#EXT-X-PART:DURATION=0.5,URI=\"12.1.m4s\"\n"
    "#EXT-X-PART:DURATION=0.5,URI=\"12.2.m4s\"\n"
    "#EXTINF:4.0,\n"
    "12.m4s\n"
    "#EXT-X-PART:DURATION=0.5,URI=\"13.0.m4s\"\n"
    "#EXT-X-PART:DURATION=0.5,URI=\"13.1.m4s\"\n"
    "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"13.2.m4s\"\n";

LivePlaylist ReadGood(std::string text) {
  auto playlist = LivePlaylist::Read(std::move(text));
  EXPECT_TRUE(playlist.has_value());
  return *std::move(playlist);
}

TEST(LivePlaylist, KnowsWhatItHoldsWhatIsNextAndWhatIsTooFar) {
  const LivePlaylist playlist = ReadGood(kLowLatency);
  const struct {
    uint64_t number;
    std::optional<uint64_t> part;
    Reach reach;
  } cases[] = {
      {0, std::nullopt, Reach::kHere},   // long gone: not worth a wait
      {12, std::nullopt, Reach::kHere},  // the last whole one
      {13, std::nullopt, Reach::kNext},
      {14, std::nullopt, Reach::kNext},  // last plus two
      {15, std::nullopt, Reach::kBeyond},
      {12, 2, Reach::kHere},
      {12, 3, Reach::kHere},  // past the last part: 13's first
      {12, 99, Reach::kHere},
      {13, 1, Reach::kHere},
      {13, 2, Reach::kNext},
      {13, 7, Reach::kNext},  // six parts of half a second ahead
      {13, 8, Reach::kBeyond},
      {14, 0, Reach::kNext},
      {~uint64_t{0}, std::nullopt, Reach::kBeyond},
      {~uint64_t{0}, ~uint64_t{0}, Reach::kBeyond},
      {13, ~uint64_t{0}, Reach::kBeyond},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(playlist.Reaches(each.number, each.part), each.reach)
        << each.number << " part "
        << (each.part ? std::to_string(*each.part) : "none");
  }
}

TEST(LivePlaylist, HoldsNothingOnceTheStreamHasEnded) {
  const LivePlaylist playlist =
      ReadGood(std::string(kLowLatency) + "#EXT-X-ENDLIST\n");
  EXPECT_TRUE(playlist.ended());
  EXPECT_EQ(playlist.Reaches(99, 5), Reach::kHere);
}

TEST(LivePlaylist, TakesTheFirstPartAfterASegmentWithoutParts) {
  const LivePlaylist playlist =
      ReadGood("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n0.ts\n");
  EXPECT_EQ(playlist.Reaches(0, 9), Reach::kHere);
  EXPECT_EQ(playlist.Reaches(1, 0), Reach::kNext);
  EXPECT_EQ(playlist.Reaches(1, 2), Reach::kNext);
  EXPECT_EQ(playlist.Reaches(1, 3), Reach::kBeyond);
}

TEST(LivePlaylist, ReachesFromTheStartOfAnEmptyPlaylist) {
  const LivePlaylist playlist =
      ReadGood("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n");
  EXPECT_EQ(playlist.Reaches(1, std::nullopt), Reach::kNext);
  EXPECT_EQ(playlist.Reaches(0, 7), Reach::kHere);
  EXPECT_FALSE(playlist.Delta().has_value());
}

// Read by a reader that is not the one under test.
TEST(LivePlaylist, LeavesOutOfADeltaWhatLiesBehindTheSkipBoundary) {
  const auto delta = ReadGood(kLowLatency).Delta();
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(
      *delta,
      "#EXTM3U\n"
      "#EXT-X-VERSION:9\n"
      "#EXT-X-TARGETDURATION:4\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,"
      "CAN-SKIP-UNTIL=7.5\n"
      "#EXT-X-PART-INF:PART-TARGET=0.5\n"
      "#EXT-X-MEDIA-SEQUENCE:10\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
      "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n"
      "#EXT-X-MAP:URI=\"init.mp4\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"../key/a\",KEYFORMAT="
      "\"identity\"\n"
      "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:x\",KEYFORMAT=\"org.w3\"\n" +
          std::string(kLowLatency)
              .substr(std::string(kLowLatency).find("#EXT-X-KEY:METHOD=NONE")));
  const auto read = playlist::ReadHls(*delta);
  EXPECT_EQ(read.media.segments.size(), 2U);
}

// shaka-player asks for a delta whenever it could, and waits for ever for the
// other parts of a segment that one has left out.
TEST(LivePlaylist, LeavesNothingOutThatTheClientLacks) {
  const LivePlaylist playlist = ReadGood(kLowLatency);
  const auto most = playlist.Delta();
  ASSERT_TRUE(most) << "number 10";
  for (const uint64_t wanted : {0, 1, 9, 10, 11}) {
    EXPECT_FALSE(playlist.Delta(wanted)) << wanted;
  }
  for (const uint64_t wanted : {uint64_t{12}, uint64_t{13}, ~uint64_t{0}}) {
    EXPECT_EQ(playlist.Delta(wanted), most) << wanted;
  }
}

TEST(LivePlaylist, MakesADeltaOnlyWhereThePackagerAllowsOne) {
  std::string text = kLowLatency;
  text.replace(text.find(",CAN-SKIP-UNTIL=7.5"), 19, "");
  EXPECT_FALSE(ReadGood(text).Delta().has_value());
  std::string far = kLowLatency;
  far.replace(far.find("CAN-SKIP-UNTIL=7.5"), 18, "CAN-SKIP-UNTIL=24.0");
  EXPECT_FALSE(ReadGood(far).Delta().has_value()) << "nothing to leave out";
}

TEST(LivePlaylist, ReadsOtherLineEndsAndPassesOverWhatItDoesNotKnow) {
  const LivePlaylist playlist = ReadGood(
      "#EXTM3U\r\n# a comment\r\n\r\n#EXT-X-TARGETDURATION:6\r\n"
      "#EXT-X-NEW-TAG:1\r\n#EXTINF:6,title\r\n0.ts\r\n#EXT-X-ENDLIST\r\n");
  EXPECT_EQ(playlist.target_duration(), 6U);
  EXPECT_TRUE(playlist.ended());
}

TEST(LivePlaylist, RefusesWhatIsNoMediaPlaylist) {
  for (const char* text :
       {"", "hello", "#EXTM3U\n", "#EXTM3U\n#EXT-X-TARGETDURATION:0\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:-4\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/media.m3u8\n"}) {
    EXPECT_FALSE(LivePlaylist::Read(text).has_value()) << text;
  }
}

TEST(LivePlaylist, SurvivesAbsurdNumbers) {
  const LivePlaylist playlist = ReadGood(
      "#EXTM3U\n#EXT-X-TARGETDURATION:4294967295\n"
      "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n"
      "#EXT-X-PART-INF:PART-TARGET=1e-300\n"
      "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=inf\n"
      "#EXTINF:nan,\n0.ts\n#EXTINF:-5,\n1.ts\n");
  EXPECT_LE(playlist.target_duration(), 3600U);
  playlist.Reaches(5, 1);
  EXPECT_FALSE(playlist.Delta().has_value());
}

}  // namespace
}  // namespace usher::engine
