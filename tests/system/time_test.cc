// /usher/time: the clock that live MPDs send their players to.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <regex>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::system_clock;

class TimeTest : public ::testing::Test {
 protected:
  TimeTest() : origin_("Cache-Control: max-age=60\r\n") {
    nginx_.Write("hops", "1:" + std::string(64, 'a') + "\n");
    fs::permissions(nginx_.prefix() / "hops", fs::perms(0640));
    nginx_.Start(R"(
      proxy_cache_path $prefix/cache keys_zone=cache:1m;
      server { listen $port1;
        location / { usher on; proxy_cache cache; proxy_pass http://)" +
                 origin_.address() + R"(; } }
      server { listen $port2; usher_hop_secret $prefix/hops; }
      server { listen $port3; location / { return 204; } })");
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

// Milliseconds since 1970.
milliseconds TimeIn(const std::string& text) {
  std::smatch match;
  const std::regex shape(R"((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z\n)");
  if (!std::regex_match(text, match, shape)) return {};
  std::tm time{};
  strptime(match[1].str().c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  return std::chrono::seconds(timegm(&time)) +
         milliseconds(std::stoi(match[2]));
}

milliseconds Now() {
  return std::chrono::duration_cast<milliseconds>(
      system_clock::now().time_since_epoch());
}

TEST_F(TimeTest, EveryBoxTellsTheTimeToAnybody) {
  for (const size_t port : {1, 2}) {
    const milliseconds before = Now();
    const Answer answer = Get(nginx_.port(port), "/usher/time");
    EXPECT_EQ(answer.status, 200);
    const milliseconds told = TimeIn(answer.body);
    EXPECT_GE(told, before) << answer.body;
    EXPECT_LE(told, Now()) << answer.body;
    EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(answer.Header("Date").empty()) << "for http-head:2014";
  }
  EXPECT_EQ(Get(nginx_.port(3), "/usher/time").status, 204)
      << "other servers are left alone";
}

TEST_F(TimeTest, APlayerFindsItBelowItsSession) {
  const std::string session = SessionAt(nginx_.port(), "film");
  const Answer answer = Get(nginx_.port(), session + "/usher/time");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(TimeIn(answer.body), milliseconds{});
  EXPECT_NE(TimeIn(Get(nginx_.port(), "/usher/time?1234&ticket=x").body),
            milliseconds{});
}

TEST_F(TimeTest, NoCacheKeepsItAndNoOriginIsAsked) {
  const milliseconds first = TimeIn(Get(nginx_.port(), "/usher/time").body);
  EXPECT_TRUE(WaitUntil(
      [&] { return TimeIn(Get(nginx_.port(), "/usher/time").body) > first; }));
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(TimeTest, OnlyWhoAsksIsAnswered) {
  const Answer head = Ask(nginx_.port(), "HEAD", "/usher/time");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.Header("Content-Length"), "25");
  EXPECT_EQ(Ask(nginx_.port(), "OPTIONS", "/usher/time").status, 204);
  EXPECT_EQ(Ask(nginx_.port(), "POST", "/usher/time").status, 405);
  EXPECT_EQ(Get(nginx_.port(), "/usher/time/").status, 401);
  EXPECT_EQ(Get(nginx_.port(), "/usher/times").status, 401);
}

}  // namespace
}  // namespace usher::testing
