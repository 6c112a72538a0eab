// usher_live in a real nginx: what is held, until when, and what ends it.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/request_burst.h"
#include "tests/support/test_media.h"
#include "tests/system/http_client.h"
#include "tests/system/nginx.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kPlaylist[] = "/fight/v720/media.m3u8";

// An origin, whose stub_status tells how many requests it holds, and an edge.
constexpr char kOriginAndEdge[] = R"(
server {
  listen $port1;
  location / { root $prefix/media; usher_live $prefix/media; }
  location = /waiting { stub_status; }
}
proxy_cache_path $prefix/cache keys_zone=cache:1m;
server {
  listen $port2;
  location / {
    proxy_pass http://$port1;
    proxy_cache cache;
    proxy_cache_key $uri$is_args$args;
    proxy_read_timeout 60s;
    usher_coalesce on key=$uri$is_args$args wait=60s;
    proxy_cache_bypass $usher_bypass_lock;
    add_header X-Cache $upstream_cache_status always;
  }
}
)";

class LiveTest : public ::testing::Test {
 protected:
  LiveTest() { fs::create_directories(track()); }

  fs::path track() const { return nginx_.prefix() / "media/fight/v720"; }

  // As a packager does: under another name, then renamed.
  void Put(const std::string& name, const std::string& contents) const {
    WriteFile(track() / ".new", contents);
    fs::rename(track() / ".new", track() / name);
  }
  // Segments 1 to `last` of `target` seconds.
  void Publish(int last, const std::string& more = {}, int target = 4) const {
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:" + std::to_string(target) +
        "\n#EXT-X-MEDIA-SEQUENCE:1\n"
        "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=" +
        std::to_string(6 * target) + "\n#EXT-X-PART-INF:PART-TARGET=1\n";
    for (int i = 1; i <= last; ++i) {
      text += "#EXTINF:" + std::to_string(target) + ",\n" + std::to_string(i) +
              ".m4s\n";
    }
    Put("media.m3u8", text + more);
  }

  std::future<Answer> GetLater(const std::string& target, size_t port = 1) {
    return std::async(std::launch::async, [this, target, port] {
      return Get(nginx_.port(port), target);
    });
  }
  // Until nginx works on so many requests that have no answer yet.
  bool WaitUntilHeld(int count) {
    return WaitUntil([&] {
      const std::string status = Get(nginx_.port(), "/waiting").body;
      std::smatch match;
      // One of those is this very request.
      return std::regex_search(status, match, std::regex("Writing: (\\d+)")) &&
             std::stoi(match[1]) - 1 == count;
    });
  }

  Nginx nginx_;
};

TEST_F(LiveTest, HoldsARequestUntilThePlaylistHasTheSegment) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  auto held = GetLater(std::string(kPlaylist) + "?_HLS_msn=4");
  ASSERT_TRUE(WaitUntilHeld(1));
  Put("unrelated.m4s", "x");
  Publish(3, "#EXT-X-PART:DURATION=1,URI=\"4.0.m4s\"\n");
  EXPECT_TRUE(WaitUntilHeld(1)) << "a part is not the whole segment";
  Publish(4);
  const Answer answer = held.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("4.m4s"), std::string::npos);
  EXPECT_EQ(answer.Header("Cache-Control"), "max-age=24");
  EXPECT_EQ(answer.Header("Content-Type"), "application/vnd.apple.mpegurl");
  EXPECT_FALSE(answer.Header("ETag").empty());
  EXPECT_FALSE(answer.Header("Last-Modified").empty());
  EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1U);
}

TEST_F(LiveTest, HoldsPartsInPlaylistAndAsFiles) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  auto playlist = GetLater(std::string(kPlaylist) + "?_HLS_msn=4&_HLS_part=0");
  auto part = GetLater("/fight/v720/4.0.m4s");
  ASSERT_TRUE(WaitUntilHeld(2));
  Put("4.0.m4s", "the part");
  EXPECT_EQ(part.get().body, "the part");
  Publish(3, "#EXT-X-PART:DURATION=1,URI=\"4.0.m4s\"\n");
  EXPECT_NE(playlist.get().body.find("4.0.m4s"), std::string::npos);
}

TEST_F(LiveTest, AnswersAtOnceWhatItHasAndRefusesWhatIsTooFar) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  EXPECT_EQ(Get(nginx_.port(), kPlaylist).Header("Cache-Control"), "max-age=2");
  EXPECT_EQ(Get(nginx_.port(), std::string(kPlaylist) + "?_HLS_msn=3").status,
            200);
  for (const char* args :
       {"_HLS_msn=6", "_HLS_msn=99999999999999999999", "_HLS_msn=4&_HLS_part=9",
        "_HLS_part=1", "_HLS_msn=4&_HLS_msn=4", "_HLS_msn=-1"}) {
    const Answer refused =
        Get(nginx_.port(), std::string(kPlaylist) + "?" + args);
    EXPECT_EQ(refused.status, 400) << args;
    EXPECT_EQ(refused.Code(), "bad_request") << args;
    EXPECT_EQ(refused.Header("Cache-Control"), "no-store") << args;
  }
  const Answer missing = Get(nginx_.port(), "/fight/v720/9.0.m4s");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.Header("Cache-Control"), "no-store");
}

TEST_F(LiveTest, SendsADeltaUpdate) {
  Publish(20);
  nginx_.Start(kOriginAndEdge);
  const std::string whole = Get(nginx_.port(), kPlaylist).body;
  const std::string delta =
      Get(nginx_.port(), std::string(kPlaylist) + "?_HLS_skip=YES").body;
  EXPECT_NE(delta.find("#EXT-X-SKIP:SKIPPED-SEGMENTS=14\n"), std::string::npos)
      << delta;
  EXPECT_LT(delta.size(), whole.size());
  EXPECT_EQ(delta.find("\n14.m4s"), std::string::npos);
  EXPECT_NE(delta.find("\n15.m4s"), std::string::npos);
}

TEST_F(LiveTest, AnswersConditionalRequests) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  const std::string etag = Get(nginx_.port(), kPlaylist).Header("ETag");
  const Answer same = Get(nginx_.port(), kPlaylist, {"If-None-Match: " + etag});
  EXPECT_EQ(same.status, 304);
}

TEST_F(LiveTest, GivesUpAfterThreeTargetDurations) {
  Publish(3, "", 1);
  nginx_.Start(kOriginAndEdge);
  const Answer stalled =
      Get(nginx_.port(), std::string(kPlaylist) + "?_HLS_msn=4");
  EXPECT_EQ(stalled.status, 503);
  EXPECT_EQ(stalled.Code(), "live_stalled");
  EXPECT_EQ(stalled.Header("Retry-After"), "1");
  EXPECT_EQ(stalled.Header("Cache-Control"), "no-store");
}

TEST_F(LiveTest, LetsEverybodyGoWhenTheStreamEnds) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  auto playlist = GetLater(std::string(kPlaylist) + "?_HLS_msn=4");
  auto part = GetLater("/fight/v720/4.0.m4s");
  ASSERT_TRUE(WaitUntilHeld(2));
  Publish(3, "#EXT-X-ENDLIST\n");
  EXPECT_NE(playlist.get().body.find("ENDLIST"), std::string::npos);
  EXPECT_EQ(part.get().status, 404);
}

TEST_F(LiveTest, LetsEverybodyGoWhenTheDirectoryGoes) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  auto held = GetLater(std::string(kPlaylist) + "?_HLS_msn=4");
  ASSERT_TRUE(WaitUntilHeld(1));
  fs::remove_all(track());
  EXPECT_EQ(held.get().status, 404);
}

TEST_F(LiveTest, LetsHeldRequestsGoOnReloadAndQuit) {
  Publish(3, "", 600);
  nginx_.Start(kOriginAndEdge);
  auto playlist = GetLater(std::string(kPlaylist) + "?_HLS_msn=4");
  auto part = GetLater("/fight/v720/4.0.m4s");
  ASSERT_TRUE(WaitUntilHeld(2));
  nginx_.Reload();  // waits until the old workers are gone
  const Answer stale = playlist.get();
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.Header("Cache-Control"), "no-store") << "not what was asked";
  EXPECT_EQ(part.get().status, 503);
  auto again = GetLater(std::string(kPlaylist) + "?_HLS_msn=4");
  ASSERT_TRUE(WaitUntilHeld(1));
  ASSERT_EQ(kill(nginx_.pid(), SIGQUIT), 0);
  EXPECT_EQ(again.get().status, 200);
}

TEST_F(LiveTest, ForgetsAClientThatLeft) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  {
    SlowClient impatient(nginx_.port());
    impatient.Send("GET " + std::string(kPlaylist) +
                   "?_HLS_msn=4 HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(WaitUntilHeld(1));
  }
  ASSERT_TRUE(WaitUntilHeld(0));
  Publish(4);
  EXPECT_EQ(Get(nginx_.port(), std::string(kPlaylist) + "?_HLS_msn=4").status,
            200);
}

TEST_F(LiveTest, WakesEverybodyAtAnEdgeThatHoldsOneRequestAtTheOrigin) {
  Publish(3);
  nginx_.Start(kOriginAndEdge);
  std::vector<std::future<Answer>> held;
  constexpr int kViewers = 200;
  for (int i = 0; i < kViewers; ++i) {
    held.push_back(GetLater(std::string(kPlaylist) + "?_HLS_msn=4", 2));
  }
  // The edge's: all of them, and the one it sent on, held at the origin.
  ASSERT_TRUE(WaitUntilHeld(kViewers + 1));
  Publish(4);
  for (auto& viewer : held) {
    const Answer answer = viewer.get();
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find("4.m4s"), std::string::npos);
  }
}

TEST_F(LiveTest, RefusesToRunWithoutADirectory) {
  nginx_.ExpectAlarm("usher_live");
  const auto result =
      nginx_.Test("server { listen $port1; location / { usher_live /; } }");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("usher_live"), std::string::npos);
}

// Somebody else's packager, as it is: no reload ever comes without the segment
// it asked for.
TEST_F(LiveTest, FollowsFfmpegsLivePlaylistByBlockingReloads) {
  const std::string film = TestMedia("film.mp4");
  nginx_.Start(kOriginAndEdge);
  ChildProcess encoder(
      {"ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", film, "-c",
       "copy", "-f", "hls", "-hls_time", "1", "-hls_list_size", "6",
       "-hls_flags", "temp_file", "media.m3u8"},
      nginx_.prefix() / "encoder.log", {.directory = track()});
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(track() / "media.m3u8"); }));
  for (int number = 1; number <= 4; ++number) {
    const std::string wanted = "media" + std::to_string(number) + ".ts";
    const Answer answer =
        Get(nginx_.port(),
            std::string(kPlaylist) + "?_HLS_msn=" + std::to_string(number));
    ASSERT_EQ(answer.status, 200) << number;
    EXPECT_NE(answer.body.find(wanted), std::string::npos) << answer.body;
  }
}

}  // namespace
}  // namespace usher::testing
