#include "ngx_module/engine/live_answer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher::engine {
namespace {

namespace fs = std::filesystem;
using Step = LiveAnswer::Step;

class LiveAnswerTest : public ::testing::Test {
 protected:
  LiveAnswerTest() { fs::create_directories(track()); }

  fs::path track() const { return directory_.path() / "fight" / "v720"; }
  // Segments 1 to `last`, of four seconds.
  void Publish(int last, const std::string& more = {}) {
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
        "#EXT-X-MEDIA-SEQUENCE:1\n"
        "#EXT-X-PART-INF:PART-TARGET=1\n";
    for (int i = 1; i <= last; ++i) {
      text += "#EXTINF:4,\n" + std::to_string(i) + ".m4s\n";
    }
    testing::WriteFile(track() / "next", text + more);
    fs::rename(track() / "next", track() / "media.m3u8");
  }
  LiveAnswer Ask(std::string_view file, std::string_view args = {},
                 bool at_once = false) {
    return AnswerLive(files_, directory_.path().string(),
                      "/fight/v720/" + std::string(file), args, at_once);
  }

  testing::TempDir directory_;
  LiveFiles files_;
};

TEST_F(LiveAnswerTest, SendsThePlaylistAndSaysHowLongCachesMayKeepIt) {
  Publish(3);
  const LiveAnswer plain = Ask("media.m3u8");
  EXPECT_EQ(plain.step, Step::kSend);
  EXPECT_EQ(plain.max_age, 2U) << "half a target duration";
  EXPECT_NE(plain.body->find("3.m4s"), std::string::npos);
  const LiveAnswer blocking = Ask("media.m3u8", "_HLS_msn=3");
  EXPECT_EQ(blocking.step, Step::kSend);
  EXPECT_EQ(blocking.max_age, 24U) << "six target durations";
}

TEST_F(LiveAnswerTest, HoldsWhatIsNextUntilItIsThere) {
  Publish(3);
  const LiveAnswer held = Ask("media.m3u8", "_HLS_msn=4");
  EXPECT_EQ(held.step, Step::kHold);
  EXPECT_EQ(held.patience, 12U) << "three target durations";
  Publish(4);
  const LiveAnswer sent = Ask("media.m3u8", "_HLS_msn=4");
  EXPECT_EQ(sent.step, Step::kSend);
  EXPECT_NE(sent.body->find("4.m4s"), std::string::npos);
}

TEST_F(LiveAnswerTest, SendsWhatThereIsWhenItMayNotHold) {
  Publish(3);
  const LiveAnswer sent = Ask("media.m3u8", "_HLS_msn=4", true);
  EXPECT_EQ(sent.step, Step::kSend);
  EXPECT_EQ(sent.max_age, 0U) << "it is not what the key says";
  EXPECT_EQ(Ask("4.0.m4s", "", true).step, Step::kStalled);
}

TEST_F(LiveAnswerTest, RefusesTheFarFutureAndWhatItCannotRead) {
  Publish(3);
  EXPECT_EQ(Ask("media.m3u8", "_HLS_msn=6").step, Step::kBad);
  EXPECT_EQ(Ask("media.m3u8", "_HLS_msn=4&_HLS_part=3").step, Step::kBad);
  EXPECT_EQ(Ask("media.m3u8", "_HLS_msn=x").step, Step::kBad);
}

TEST_F(LiveAnswerTest, HoldsPartsThatAreAboutToAppear) {
  Publish(3, "#EXT-X-PART:DURATION=1,URI=\"4.0.m4s\"\n");
  testing::WriteFile(track() / "4.0.m4s", "part");
  EXPECT_EQ(Ask("4.0.m4s").step, Step::kDecline) << "nginx sends files";
  EXPECT_EQ(Ask("4.1.m4s").step, Step::kHold);
  EXPECT_EQ(Ask("5.0.m4s").step, Step::kHold);
  EXPECT_EQ(Ask("9.0.m4s").step, Step::kMissing);
  EXPECT_EQ(Ask("1.0.m4s").step, Step::kMissing) << "long gone";
}

TEST_F(LiveAnswerTest, HoldsNoPartOfASegmentThatIsComplete) {
  Publish(3, "#EXT-X-PART:DURATION=1,URI=\"4.0.m4s\"\n#EXTINF:1,\n4.m4s\n");
  EXPECT_EQ(Ask("4.1.m4s").step, Step::kMissing) << "it was cut short";
  EXPECT_EQ(Ask("media.m3u8", "_HLS_msn=4&_HLS_part=1").step, Step::kHold)
      << "which for a playlist is the next segment's first";
  EXPECT_EQ(Ask("5.0.m4s").step, Step::kHold);
}

TEST_F(LiveAnswerTest, LeavesEverythingElseToNginx) {
  Publish(3);
  EXPECT_EQ(Ask("4.m4s").step, Step::kDecline);
  EXPECT_EQ(Ask("init.mp4").step, Step::kDecline);
  EXPECT_EQ(Ask("other.m3u8").step, Step::kDecline) << "there is none";
  testing::WriteFile(track() / "broken.m3u8", "nonsense");
  EXPECT_EQ(Ask("broken.m3u8", "_HLS_msn=1").step, Step::kDecline);
}

TEST_F(LiveAnswerTest, KeepsWhatItHandedOutWhenTheFileIsReplaced) {
  Publish(3);
  const LiveAnswer before = Ask("media.m3u8");
  Publish(4);
  EXPECT_NE(Ask("media.m3u8").body->find("4.m4s"), std::string::npos);
  EXPECT_EQ(before.body->find("4.m4s"), std::string::npos);
}

}  // namespace
}  // namespace usher::engine
