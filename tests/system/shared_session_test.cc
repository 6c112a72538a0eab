// A session's URL that is handed to others must not multiply viewers.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

constexpr int kSegments = 12;

class SharedSessionTest : public ::testing::Test {
 protected:
  SharedSessionTest() {
    for (int n = 1; n <= kSegments; ++n) {
      nginx_.Write("media/fight/v720/" + std::to_string(n) + ".m4s",
                   std::string(1000, 'x'));
    }
    nginx_.Write("media/fight/master.m3u8", "#EXTM3U");
  }
  void Start(std::string_view directives, unsigned seats = 1) {
    // Clients are told apart as they are behind a load balancer.
    nginx_.Start("set_real_ip_from 127.0.0.1; real_ip_header X-Client; " +
                 std::string(directives) +
                 " server { listen $port1; root $prefix/media;"
                 " error_log $prefix/logs/warnings.log warn;"
                 " location / { usher on; }"
                 " location = /status { usher_status; } }");
    claims_ = BoxOffice::The().Claims("fight");
    claims_.seats = seats;
    session_ = Open();
  }
  std::string Open() {
    const std::string location = LedTo(nginx_.port(), "/fight/master.m3u8",
                                       BoxOffice::The().Ticket(claims_));
    return location.substr(0, location.find('/', 3));
  }
  Answer Fetch(const std::string& client, int n) {
    return Get(nginx_.port(),
               session_ + "/fight/v720/" + std::to_string(n) + ".m4s",
               {"X-Client: " + client, "User-Agent: player"});
  }
  // Both watch live; what the second gets at last.
  Answer WatchTogether(const std::string& one, const std::string& other) {
    Answer last;
    for (int n = 1; n <= kSegments; ++n) {
      owner_ = Fetch(one, n);
      last = Fetch(other, n);
      if (last.status != 200) break;
    }
    return last;
  }
  Json Sessions() {
    return Json::parse(Get(nginx_.port(), "/status").body)["sessions"];
  }
  std::string Warnings() const {
    return ReadFile(nginx_.prefix() / "logs/warnings.log");
  }

  Nginx nginx_;
  ticket::Claims claims_;
  std::string session_;
  Answer owner_;
};

TEST_F(SharedSessionTest, AFurtherClientTakesASeatOfTheTicket) {
  Start("", 2);
  EXPECT_EQ(WatchTogether("192.0.2.1", "198.51.100.1").status, 200);
  EXPECT_EQ(owner_.status, 200);
  EXPECT_EQ(Sessions()["live"], 2);
  EXPECT_EQ(Sessions()["shared"], 1);
  EXPECT_EQ(Sessions()["evicted"], 0);
  EXPECT_EQ(CountOf(Warnings(), "is used by another client at once"), 1u);
  EXPECT_FALSE(Warnings().contains(session_.substr(3)));
}

TEST_F(SharedSessionTest, WhereNoSeatIsLeftTheFurtherClientIsRefused) {
  Start("usher_seats_policy reject_new;");
  const Answer refused = WatchTogether("192.0.2.1", "198.51.100.1");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.Code(), "seats_taken");
  EXPECT_EQ(Fetch("192.0.2.1", 1).status, 200) << "the owner goes on";
  EXPECT_EQ(Sessions()["live"], 1);
}

TEST_F(SharedSessionTest, WhereTheNewestWinsAUrlThatWasHandedOnDies) {
  Start("");
  const Answer refused = WatchTogether("192.0.2.1", "198.51.100.1");
  EXPECT_EQ(refused.Code(), "session_evicted");
  EXPECT_EQ(Fetch("192.0.2.1", 1).Code(), "session_evicted");
  EXPECT_EQ(Sessions()["live"], 0);
  session_ = Open();
  EXPECT_EQ(Fetch("192.0.2.1", 1).status, 200) << "who has the ticket returns";
}

TEST_F(SharedSessionTest, RefuseRefusesAndLogOnlyTells) {
  Start("usher_shared_session refuse;", 5);
  EXPECT_EQ(WatchTogether("192.0.2.1", "198.51.100.1").Code(), "seats_taken");
  EXPECT_EQ(Sessions()["live"], 1);
  nginx_.Stop();
  Start("usher_shared_session log; usher_seats_policy reject_new;");
  EXPECT_EQ(WatchTogether("192.0.2.1", "198.51.100.1").status, 200);
  EXPECT_EQ(Sessions()["live"], 1);
  EXPECT_EQ(Sessions()["shared"], 1);
}

TEST_F(SharedSessionTest, OneNetworkAndOnePlayerIsOneClient) {
  Start("usher_shared_session refuse;");
  EXPECT_EQ(WatchTogether("192.0.2.1", "192.0.2.200").status, 200);
  EXPECT_EQ(WatchTogether("2001:db8:0:100::1", "2001:db8:0:1ff::2").status,
            200);
}

TEST_F(SharedSessionTest, AnotherSegmentEachOfTwoNetworksIsOneViewer) {
  Start("usher_shared_session refuse;");
  for (int n = 1; n <= kSegments; ++n) {
    EXPECT_EQ(Fetch(n % 2 == 0 ? "192.0.2.1" : "2001:db8::1", n).status, 200);
  }
  EXPECT_EQ(Sessions()["shared"], 0);
}

TEST_F(SharedSessionTest, WhatWasNotDeliveredMayBeFetchedAgain) {
  // More than socket buffers hold, so that nginx notices who goes away.
  for (int n = 1; n <= kSegments; ++n) {
    nginx_.Write("media/fight/v720/" + std::to_string(n) + ".m4s",
                 std::string(8 << 20, 'x'));
  }
  Start("usher_shared_session refuse;");
  const auto requests = [&] {
    return CountOf(nginx_.AccessLog(), "GET /fight/v720/");
  };
  for (int n = 1; n <= kSegments; ++n) {
    const size_t before = requests();
    {
      SlowClient broken(nginx_.port());
      broken.Send("GET " + session_ + "/fight/v720/" + std::to_string(n) +
                  ".m4s HTTP/1.1\r\nHost: h\r\nX-Client: 192.0.2.1\r\n"
                  "User-Agent: player\r\n\r\n");
      ASSERT_TRUE(broken.ReadUntil("\r\n\r\n"));
    }
    ASSERT_TRUE(WaitUntil([&] { return requests() > before; }));
    EXPECT_EQ(Fetch("198.51.100.1", n).status, 200) << n;
  }
  EXPECT_EQ(Sessions()["shared"], 0);
}

TEST_F(SharedSessionTest, AWrongWordRefusesTheConfiguration) {
  nginx_.ExpectAlarm("punish");
  const ProcessResult result = nginx_.Test("usher_shared_session punish;");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_TRUE(result.err.contains("invalid value \"punish\"")) << result.err;
}

}  // namespace
}  // namespace usher::testing
