// usher_playlist_timeout in a real nginx, in front of an origin that takes
// requests and does not answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/request_burst.h"
#include "tests/support/scripted_origin.h"
#include "tests/system/http_client.h"
#include "tests/system/nginx.h"

namespace usher::testing {
namespace {

constexpr std::string_view kPlaylist = "/film/v720/media.m3u8";

// Each way to name an upstream; ORIGIN stands for its address.
struct Upstream {
  const char* name;
  const char* block;
  const char* pass;
};

class TimeoutTest : public ::testing::TestWithParam<Upstream> {
 protected:
  TimeoutTest()
      : origin_([](const OriginRequest& request) {
          const bool first = request.target == kPlaylist && request.nth == 1;
          return OriginReply{.body = "content", .held = !first};
        }) {}

  std::string Filled(std::string text) const {
    const size_t at = text.find("ORIGIN");
    if (at == std::string::npos) return text;
    return text.replace(at, 6, "127.0.0.1:" + std::to_string(origin_.port()));
  }
  void Start(std::string_view timeout) {
    nginx_.Start(Filled(GetParam().block) +
                 "proxy_cache_path $prefix/cache keys_zone=edge:1m;" +
                 std::string(timeout) + R"(
      server { listen $port1; proxy_read_timeout 25s;
        proxy_cache edge; proxy_cache_key $usher_cache_key;
        proxy_cache_use_stale timeout; usher_lifetimes on name=edge;
        location / { proxy_pass )" +
                 Filled(GetParam().pass) + "; } }");
  }

  ScriptedOrigin origin_;
  Nginx nginx_;
};

TEST_P(TimeoutTest, OnlyPlaylistsThatNobodyHoldsAreGivenUpSoon) {
  Start("usher_playlist_timeout 1s;");
  ASSERT_EQ(Get(nginx_.port(), kPlaylist).status, 200);
  RequestBurst waiting(nginx_.port(), 3);
  const std::string targets[] = {
      std::string(kPlaylist) + "?_HLS_msn=4&_HLS_part=1", "/film/v720/4.m4s",
      "/film/v720/4.1.m4s"};
  for (size_t i = 0; i < 3; ++i) {
    waiting.Send(i, 1, targets[i]);
    ASSERT_TRUE(origin_.WaitForRequests(targets[i], 1));
  }
  // They came first, and whatever came behind them is answered before.
  Answer stale;
  EXPECT_TRUE(WaitUntil([&] {
    stale = Get(nginx_.port(), kPlaylist);
    return stale.Header("Cache-Status").contains("fwd=stale");
  }));
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.body, "content");
  EXPECT_EQ(Get(nginx_.port(), "/film/v720/other.m3u8").status, 504);
  EXPECT_EQ(Get(nginx_.port(), "/film/master.m3u8").status, 504);
  EXPECT_EQ(Get(nginx_.port(), "/film/manifest.mpd").status, 504);
  EXPECT_FALSE(waiting.Wait(std::chrono::milliseconds(10)));
  for (const BurstReply& reply : waiting.replies()) EXPECT_EQ(reply.status, 0);
  origin_.Release();
  ASSERT_TRUE(waiting.Wait());
  EXPECT_EQ(std::ranges::count(waiting.replies(), 200, &BurstReply::status), 3);
}

TEST_P(TimeoutTest, ALongerOneThanTheProxysChangesNothing) {
  Start("usher_playlist_timeout 1h; proxy_connect_timeout 2s;");
  ASSERT_EQ(Get(nginx_.port(), kPlaylist).status, 200);
  origin_.Release();
  EXPECT_EQ(Get(nginx_.port(), "/film/master.m3u8").status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    EveryUpstream, TimeoutTest,
    ::testing::Values(
        Upstream{"address", "", "http://ORIGIN"},
        Upstream{"kept_alive",
                 "upstream shields { server ORIGIN; keepalive 4; }",
                 "http://shields"},
        Upstream{"by_hash",
                 "upstream shields { hash $usher_cache_key consistent;"
                 " server ORIGIN; keepalive 4; }",
                 "http://shields"},
        Upstream{"by_variable", "upstream shields { server ORIGIN; }",
                 "http://$shields_of; set $shields_of shields"}),
    [](const auto& test) { return test.param.name; });

TEST(TimeoutConfiguration, NoTimeAtAllIsRefused) {
  Nginx nginx;
  nginx.ExpectAlarm("usher_playlist_timeout");
  for (const char* time : {"0", "0s", "-1s", "soon"}) {
    const ProcessResult result =
        nginx.Test("usher_playlist_timeout " + std::string(time) + ";");
    EXPECT_NE(result.exit_code, 0) << time;
    EXPECT_TRUE(result.err.contains("usher_playlist_timeout")) << result.err;
  }
}

}  // namespace
}  // namespace usher::testing
