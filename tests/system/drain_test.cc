// /usher/ready and usher_drain: a box that takes no new viewers.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

class DrainTest : public ::testing::Test {
 protected:
  DrainTest() {
    nginx_.Write("media/film/master.m3u8", "#EXTM3U\n");
    nginx_.Write("hops", "1:" + std::string(64, 'a') + "\n");
    fs::permissions(nginx_.prefix() / "hops", fs::perms(0640));
    nginx_.Start(R"(
      usher_drain $prefix/drain;
      server { listen $port1; root $prefix/media; location / { usher on; } }
      server { listen $port2; root $prefix/media;
        usher_hop_secret $prefix/hops; }
      server { listen $port3; location / { return 204; }
        location = /status { usher_status; }
        location = /metrics { usher_metrics; } })");
  }

  Answer Ready(size_t port = 1) {
    return Get(nginx_.port(port), "/usher/ready");
  }
  // Both workers have seen the file come or go.
  bool WaitForReady(int status) {
    int in_a_row = 0;
    return WaitUntil([&] {
      in_a_row = Ready().status == status ? in_a_row + 1 : 0;
      return in_a_row >= 50;
    });
  }
  void Drain() { nginx_.Write("drain", ""); }
  bool Reports(bool draining) {
    const auto status =
        nlohmann::json::parse(Get(nginx_.port(3), "/status").body);
    const std::string metric =
        "\nusher_draining " + std::to_string(draining ? 1 : 0) + "\n";
    return status["draining"] == draining &&
           Get(nginx_.port(3), "/metrics").body.contains(metric);
  }
  Answer Enter() {
    return Get(nginx_.port(),
               "/film/master.m3u8?ticket=" + BoxOffice::The().Ticket("film"));
  }
  Answer Post(const nlohmann::json& body) {
    return Ask(nginx_.port(), "POST", "/usher/session",
               {"Content-Type: application/json"}, body.dump());
  }

  Nginx nginx_;
};

TEST_F(DrainTest, ABoxIsReadyWithoutTicketOrSignature) {
  for (const size_t port : {1, 2}) {
    const Answer answer = Ready(port);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{\"ready\":true}\n");
    EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
  }
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", "/usher/ready").status, 200);
  EXPECT_EQ(Ask(nginx_.port(), "POST", "/usher/ready").status, 405);
  EXPECT_EQ(Get(nginx_.port(), "/usher/ready/").status, 401);
  EXPECT_EQ(Ready(3).status, 204) << "other servers are left alone";
}

TEST_F(DrainTest, WhoWatchesGoesOnAndNobodyNewComes) {
  const std::string session = SessionAt(nginx_.port(), "film");
  const std::string ticket = BoxOffice::The().Ticket("film");
  const Answer opened = Post({{"ticket", ticket}});
  ASSERT_EQ(opened.status, 200);
  Drain();
  ASSERT_TRUE(WaitForReady(503));
  EXPECT_EQ(Ready().Code(), "draining");
  EXPECT_EQ(Ready(2).status, 503) << "shields and origins, too";
  EXPECT_TRUE(Reports(true));

  EXPECT_EQ(Get(nginx_.port(), session + "/film/master.m3u8").status, 200);
  const Answer refused = Enter();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Code(), "draining");
  EXPECT_EQ(refused.Header("Retry-After"), "5");
  EXPECT_EQ(refused.Count("Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(Post({{"ticket", BoxOffice::The().Ticket("film")}}).status, 503);

  const std::string base = nlohmann::json::parse(opened.body)["base"];
  const Answer again =
      Post({{"ticket", ticket}, {"session", CredentialOf(base)}});
  EXPECT_EQ(again.status, 200) << "a page that is loaded again";
}

TEST_F(DrainTest, ItTakesViewersAgainWhenTheFileIsGone) {
  Drain();
  ASSERT_TRUE(WaitForReady(503));
  fs::remove(nginx_.prefix() / "drain");
  ASSERT_TRUE(WaitForReady(200));
  EXPECT_TRUE(Reports(false));
  EXPECT_EQ(Enter().status, 302);
}

TEST_F(DrainTest, AReloadKeepsDraining) {
  Drain();
  nginx_.Reload();
  EXPECT_EQ(Ready().status, 503);
}

}  // namespace
}  // namespace usher::testing
