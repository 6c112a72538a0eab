// usher_lifetimes in a real nginx: what a cache keeps and for how long, and
// what it says of it.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <string>

#include "tests/support/scripted_origin.h"
#include "tests/system/http_client.h"
#include "tests/system/nginx.h"

namespace usher::testing {
namespace {

constexpr std::string_view kSegment = "/film/v720/1.m4s";
constexpr std::string_view kPlaylist = "/film/v720/media.m3u8";

class LifetimeTest : public ::testing::Test {
 protected:
  // An edge and a shield in front of what the test lets the origin say.
  void Serve(OriginReply reply, const std::string& edge = {}) {
    Say(std::move(reply));
    origin_ = std::make_unique<ScriptedOrigin>([this](const OriginRequest&) {
      const std::scoped_lock lock(mutex_);
      return reply_;
    });
    nginx_.Start(R"(
      proxy_cache_path $prefix/edge keys_zone=edge:1m;
      proxy_cache_path $prefix/shield keys_zone=shield:1m;
      proxy_cache_key $usher_cache_key;
      server { listen $port1; usher_lifetimes on name=edge;
        proxy_cache edge; )" +
                 edge + R"(
        location / { proxy_pass http://127.0.0.1:)" +
                 std::to_string(origin_->port()) + R"(; } }
      server { listen $port2; usher_lifetimes on name=edge; proxy_cache edge;
        location / { proxy_pass http://$port3; } }
      server { listen $port3; usher_lifetimes on name=shield;
        proxy_cache shield;
        location / { proxy_pass http://127.0.0.1:)" +
                 std::to_string(origin_->port()) + "; } }");
  }
  void Say(OriginReply reply) {
    const std::scoped_lock lock(mutex_);
    reply_ = std::move(reply);
  }
  static OriginReply Found(std::string headers = {}) {
    return {.headers = std::move(headers), .body = "content"};
  }

  Answer Fetch(std::string_view path, size_t port = 1) {
    return Get(nginx_.port(port), path);
  }
  // The ttl of the last member of Cache-Status; -1000 where it has none.
  static int Ttl(const Answer& answer) {
    std::smatch match;
    const std::string status = answer.Header("Cache-Status");
    return std::regex_search(status, match, std::regex("ttl=(-?\\d+)$"))
               ? std::stoi(match[1])
               : -1000;
  }
  // Without numbers that move.
  static std::string Status(const Answer& answer) {
    return std::regex_replace(answer.Header("Cache-Status"),
                              std::regex("; ttl=-?\\d+"), "");
  }
  // Asks again until the cache had to ask.
  bool UntilExpired(std::string_view path) {
    const int before = origin_->requests(path);
    return WaitUntil([&] {
      Fetch(path);
      return origin_->requests(path) > before;
    });
  }

  std::mutex mutex_;
  OriginReply reply_;
  std::unique_ptr<ScriptedOrigin> origin_;
  Nginx nginx_;
};

TEST_F(LifetimeTest, ASegmentIsKeptForAYearWithoutAWordOfTheOrigin) {
  Serve(Found());
  const Answer first = Fetch(kSegment);
  EXPECT_EQ(Status(first), "edge; fwd=uri-miss; stored");
  EXPECT_NEAR(Ttl(first), 31'536'000, 10);
  EXPECT_EQ(first.Header("Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(first.Header("Age"), "");
  const Answer second = Fetch(kSegment);
  EXPECT_EQ(Status(second), "edge; hit");
  EXPECT_NEAR(Ttl(second), 31'536'000, 10);
  EXPECT_EQ(second.Count("Cache-Control"), 1u);
  EXPECT_EQ(origin_->requests(kSegment), 1);
  EXPECT_TRUE(WaitUntil(
      [&] { return std::stoi("0" + Fetch(kSegment).Header("Age")) >= 2; }));
}

TEST_F(LifetimeTest, APlaylistIsKeptAsLongAsItsOriginSays) {
  Serve(Found("Cache-Control: max-age=3\r\n"));
  const Answer first = Fetch(kPlaylist);
  EXPECT_EQ(Ttl(first), 2) << "three seconds at most, this one included";
  EXPECT_EQ(first.Header("Cache-Control"), "max-age=3");
  EXPECT_TRUE(UntilExpired(kPlaylist));
}

TEST_F(LifetimeTest, APlaylistOfASilentOriginLivesASecond) {
  Serve(Found());
  EXPECT_EQ(Ttl(Fetch(kPlaylist)), 0);
  EXPECT_EQ(Fetch(kPlaylist).Header("Cache-Control"), "public, max-age=1");
  EXPECT_TRUE(UntilExpired(kPlaylist));
}

TEST_F(LifetimeTest, AnOriginThatErrsDoesNotFreezeALiveEvent) {
  Serve(Found("Cache-Control: max-age=86400\r\n"));
  EXPECT_EQ(Ttl(Fetch(kPlaylist)), 5);
  EXPECT_EQ(Ttl(Fetch(std::string(kPlaylist) + "?_HLS_msn=9")), 59);
}

TEST_F(LifetimeTest, TiersDoNotAddUpTheirLifetimes) {
  Serve(Found("Cache-Control: max-age=4\r\nAge: 3\r\n"));
  EXPECT_EQ(Ttl(Fetch(kPlaylist)), 0);
  const Answer hit = Fetch(kPlaylist);
  EXPECT_GE(std::stoi("0" + hit.Header("Age")), 3);
  EXPECT_EQ(hit.Count("Age"), 1u);
}

TEST_F(LifetimeTest, EachCacheOnTheWayAddsItsMember) {
  Serve(Found());
  Fetch(kSegment, 3);
  const Answer answer = Fetch(kSegment, 2);
  std::string members;
  for (const auto& [name, value] : answer.headers) {
    if (name == "Cache-Status" || name == "cache-status")
      members += value + "|";
  }
  EXPECT_EQ(std::regex_replace(members, std::regex("; ttl=\\d+"), ""),
            "shield; hit|edge; fwd=uri-miss; stored|");
}

TEST_F(LifetimeTest, KeysAreNeverKeptWhateverIsConfigured) {
  Serve(Found("Cache-Control: max-age=300\r\n"), "proxy_cache_valid any 1h;");
  const std::string key = "/film/key/" + std::string(32, 'a');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Status(Fetch(key)), "edge; fwd=uri-miss");
  }
  EXPECT_EQ(origin_->requests(key), 2);
}

TEST_F(LifetimeTest, WhatTheOriginForbidsIsNotKept) {
  Serve(Found("Cache-Control: no-store\r\n"));
  Fetch(kSegment);
  Fetch(kSegment);
  EXPECT_EQ(origin_->requests(kSegment), 2);
}

TEST_F(LifetimeTest, AMissingSegmentIsForgottenWithinASecondAPartAtOnce) {
  Serve({.status = 404, .headers = "Cache-Control: max-age=600\r\n"},
        "proxy_cache_valid any 1h;");
  const Answer missing = Fetch(kSegment);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(Ttl(missing), 0);
  EXPECT_TRUE(UntilExpired(kSegment));
  constexpr std::string_view kPart = "/film/v720/2.0.m4s";
  EXPECT_EQ(Ttl(Fetch(kPart)), -1000);
  Fetch(kPart);
  EXPECT_EQ(origin_->requests(kPart), 2);
}

TEST_F(LifetimeTest, ErrorsAreNotKept) {
  Serve({.status = 500, .headers = "Cache-Control: max-age=600\r\n"},
        "proxy_cache_valid any 1h;");
  Fetch(kSegment);
  EXPECT_EQ(Fetch(kSegment).status, 500);
  EXPECT_EQ(origin_->requests(kSegment), 2);
}

TEST_F(LifetimeTest, AStaleAnswerSaysSo) {
  Serve(Found(), "proxy_cache_use_stale http_500;");
  Fetch(kPlaylist);
  Say({.status = 500});
  ASSERT_TRUE(UntilExpired(kPlaylist));
  const Answer stale = Fetch(kPlaylist);
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.body, "content");
  EXPECT_EQ(Status(stale), "edge; fwd=stale");
  EXPECT_LT(Ttl(stale), 0);
  EXPECT_GE(std::stoi("0" + stale.Header("Age")), 1);
}

TEST_F(LifetimeTest, ThatSomethingWasMissingIsNeverServedStale) {
  Serve({.status = 404}, "proxy_cache_use_stale http_500;");
  EXPECT_EQ(Fetch(kSegment).status, 404);
  Say({.status = 500});
  ASSERT_TRUE(UntilExpired(kSegment));
  EXPECT_EQ(Fetch(kSegment).status, 502);
}

TEST_F(LifetimeTest, SlicesAreKeptToo) {
  // Each slice is fetched by a request, or subrequest, of its own.
  Nginx origin;
  origin.Write("media/film/v720/all.mp4", std::string(5000, 'x'));
  origin.Start("server { listen $port1; root $prefix/media; }");
  nginx_.Start(
      "proxy_cache_path $prefix/edge keys_zone=edge:1m;"
      "server { listen $port1; usher_lifetimes on name=edge;"
      " slice 1k; proxy_cache edge;"
      " proxy_cache_key $usher_cache_key$slice_range;"
      " proxy_set_header Range $slice_range; proxy_http_version 1.1;"
      " location / { proxy_pass http://127.0.0.1:" +
      std::to_string(origin.port()) + "; } }");
  const Headers range = {"Range: bytes=1000-3500"};
  for (int i = 0; i < 2; ++i) {
    const Answer answer = Get(nginx_.port(), "/film/v720/all.mp4", range);
    EXPECT_EQ(answer.status, 206);
    EXPECT_EQ(answer.body.size(), 2501u);
    EXPECT_EQ(Status(answer),
              i == 0 ? "edge; fwd=uri-miss; stored" : "edge; hit");
  }
  origin.Stop();
  EXPECT_EQ(CountOf(origin.AccessLog(), "all.mp4"), 4u) << origin.AccessLog();
}

TEST_F(LifetimeTest, AnOriginOfFilesSaysByKindToo) {
  nginx_.Write("media/film/v720/1.m4s", "x");
  nginx_.Write("media/film/v720/media.m3u8", "x");
  nginx_.Write("media/film/manifest.mpd", "x");
  nginx_.Write("media/film/poster.webp", "x");
  nginx_.Start(
      "server { listen $port1; root $prefix/media;"
      " usher_lifetimes on;"
      " add_header Cache-Control \"max-age=77\"; }");
  const std::map<std::string, std::string> expected = {
      {"/film/v720/1.m4s", "public, max-age=31536000, immutable"},
      {"/film/v720/media.m3u8", "public, max-age=1"},
      {"/film/manifest.mpd", "public, max-age=1"},
      {"/film/poster.webp", "max-age=77"}};
  for (const auto& [path, cache_control] : expected) {
    const Answer answer = Fetch(path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.Header("Cache-Control"), cache_control) << path;
    EXPECT_EQ(answer.Count("Cache-Control"), 1u);
    EXPECT_EQ(answer.Count("Cache-Status"), 0u) << "no cache, no status";
  }
}

TEST_F(LifetimeTest, ANameThatIsNoTokenIsRefused) {
  nginx_.ExpectAlarm("invalid parameter");
  for (const char* parameter : {"name=", "name=a;b", "name=1", "edge"}) {
    EXPECT_NE(nginx_
                  .Test("usher_lifetimes on \"" + std::string(parameter) +
                        "\"; server { listen $port1; }")
                  .exit_code,
              0)
        << parameter;
  }
}

}  // namespace
}  // namespace usher::testing
