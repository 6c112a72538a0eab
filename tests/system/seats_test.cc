// Seats: as many screens as a ticket is for, over all workers at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/request_burst.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

class SeatsTest : public ::testing::Test {
 protected:
  SeatsTest() { nginx_.Write("media/film/x", "content"); }
  // With several workers each accepts its share (reuseport).
  void Start(std::string_view directives, int workers = 2) {
    nginx_.SetWorkers(workers);
    configuration_ = std::string(directives) +
                     " server { listen $port1 reuseport; root $prefix/media;"
                     " location / { usher on; }"
                     " location = /status { usher_status; } }";
    nginx_.Start(configuration_);
    claims_ = BoxOffice::The().Claims("film");
  }
  std::string Ticket() { return BoxOffice::The().Ticket(claims_); }
  // "/s/<session>" of a new session, not used yet.
  std::string Led() {
    const std::string location =
        LedTo(nginx_.port(), "/film/master.m3u8", Ticket());
    return location.substr(0, location.find('/', 3));
  }
  Answer Watch(const std::string& session) {
    return Get(nginx_.port(), session + "/film/x");
  }
  Answer Post(const std::string& handed_back = {}) {
    Json body = {{"ticket", Ticket()}};
    if (!handed_back.empty()) body["session"] = handed_back;
    return Ask(nginx_.port(), "POST", "/usher/session",
               {"Content-Type: application/json"}, body.dump());
  }
  static std::string SessionOf(const Answer& opened) {
    const std::string base = Json::parse(opened.body)["base"];
    return base.substr(0, base.find('/', 3));
  }
  Json Sessions() {
    return Json::parse(Get(nginx_.port(), "/status").body)["sessions"];
  }

  Nginx nginx_;
  std::string configuration_;
  ticket::Claims claims_;
};

TEST_F(SeatsTest, TheNewestScreenWinsAndTheOldOneIsTold) {
  Start("");
  const std::string phone = Led();
  const std::string television = Led();
  EXPECT_EQ(Watch(phone).status, 200);
  EXPECT_EQ(Watch(television).status, 200);
  const Answer evicted = Watch(phone);
  EXPECT_EQ(evicted.status, 403);
  EXPECT_EQ(evicted.Code(), "session_evicted");
  EXPECT_EQ(Watch(television).status, 200);
  EXPECT_EQ(Sessions()["live"], 1);
  EXPECT_EQ(Sessions()["evicted"], 1);
}

TEST_F(SeatsTest, WhereSeatsAreKeptTheNewcomerIsRefused) {
  Start("usher_seats_policy reject_new;");
  const std::string phone = Led();
  const std::string television = Led();
  EXPECT_EQ(Watch(phone).status, 200);
  const Answer refused = Watch(television);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.Code(), "seats_taken");
  EXPECT_EQ(refused.Header("Cache-Control"), "no-store");
  EXPECT_EQ(Post().Code(), "seats_taken");
  EXPECT_EQ(Watch(phone).status, 200);
}

TEST_F(SeatsTest, ALinkPreviewEvictsNobody) {
  Start("");
  const std::string phone = Led();
  EXPECT_EQ(Watch(phone).status, 200);
  const std::string preview = Led();
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", preview + "/film/x").status, 200);
  EXPECT_EQ(Ask(nginx_.port(), "OPTIONS", preview + "/film/x").status, 204);
  EXPECT_EQ(Watch(phone).status, 200);
  EXPECT_EQ(Sessions()["live"], 1);
}

TEST_F(SeatsTest, LeavingFreesTheSeatAtOnce) {
  Start("usher_seats_policy reject_new;");
  const std::string phone = Led();
  EXPECT_EQ(Watch(phone).status, 200);
  EXPECT_EQ(Ask(nginx_.port(), "DELETE", phone + "/usher/session").status, 204);
  EXPECT_EQ(Watch(Led()).status, 200);
}

TEST_F(SeatsTest, AnIdleSeatIsFreeAgain) {
  Start("usher_seats_policy reject_new; usher_session_idle 1s;");
  EXPECT_EQ(Watch(Led()).status, 200);
  const std::string television = Led();
  EXPECT_TRUE(WaitUntil([&] { return Watch(television).status == 200; }));
}

TEST_F(SeatsTest, AReloadedPageTakesOverItsOwnSeat) {
  Start("usher_seats_policy reject_new;");
  const std::string before = SessionOf(Post());
  EXPECT_EQ(Watch(before).status, 200);
  EXPECT_EQ(Post().status, 409);
  EXPECT_EQ(Post("junk").status, 409);
  const Answer reloaded = Post(CredentialOf(before + "/"));
  ASSERT_EQ(reloaded.status, 200) << reloaded.body;
  EXPECT_EQ(Watch(SessionOf(reloaded)).status, 200);
  EXPECT_EQ(Watch(before).status, 200) << "its last requests still pass";
  EXPECT_EQ(Sessions()["live"], 1);
  EXPECT_EQ(Sessions()["evicted"], 0);
}

TEST_F(SeatsTest, AFightIsEndedInFavourOfTheLastPage) {
  Start("usher_seats_policy evict_oldest evictions=3;");
  std::string last;
  for (int i = 0; i < 4; ++i) {
    const Answer opened = Post();
    ASSERT_EQ(opened.status, 200) << i;
    last = SessionOf(opened);
  }
  EXPECT_EQ(Post().Code(), "seats_taken");
  EXPECT_EQ(Watch(Led()).Code(), "seats_taken");
  EXPECT_EQ(Watch(last).status, 200);
}

TEST_F(SeatsTest, AnEvictedSessionStaysOutAfterAReload) {
  Start("");
  const std::string phone = Led();
  const std::string television = Led();
  Watch(phone);
  Watch(television);
  nginx_.Reload();
  EXPECT_EQ(Watch(phone).Code(), "session_evicted");
  EXPECT_EQ(Watch(television).status, 200);
}

TEST_F(SeatsTest, HttpTwoStreamsShareOneSeat) {
  Start("usher_seats_policy reject_new;");
  nginx_.Stop();
  nginx_.Start(
      "usher_seats_policy reject_new; server { listen $port1 http2; root "
      "$prefix/media; location / { usher on; } }");
  const std::string prefix =
      GetHttp2(nginx_.port(), "/film/x?ticket=" + Ticket()).Header("location");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(GetHttp2(nginx_.port(), prefix).status, 200);
  }
}

// The issue's own: 4 workers, 200 openings at once of a ticket for two.
class CrowdTest : public SeatsTest {
 protected:
  static constexpr size_t kCrowd = 200;

  void StartCrowd(std::string_view policy) {
    Start(policy, 4);
    claims_.seats = 2;
  }
  std::vector<int> UseAll(const std::vector<std::string>& sessions) {
    RequestBurst burst(nginx_.port(), sessions.size());
    for (size_t i = 0; i < sessions.size(); ++i) {
      burst.Send(i, 1, sessions[i] + "/film/x");
    }
    EXPECT_TRUE(burst.Wait());
    return StatusesOf(burst);
  }
  std::vector<int> PostAll() {
    RequestBurst burst(nginx_.port(), kCrowd);
    burst.Send(
        0, kCrowd, "/usher/session",
        "Content-Length: 0\r\nAuthorization: Bearer " + Ticket() + "\r\n",
        "POST");
    EXPECT_TRUE(burst.Wait());
    return StatusesOf(burst);
  }
  static std::vector<int> StatusesOf(const RequestBurst& burst) {
    std::vector<int> statuses;
    for (const BurstReply& reply : burst.replies()) {
      statuses.push_back(reply.status);
    }
    return statuses;
  }
  std::vector<std::string> LedAll() {
    std::vector<std::string> sessions;
    for (size_t i = 0; i < kCrowd; ++i) sessions.push_back(Led());
    return sessions;
  }
};

TEST_F(CrowdTest, ExactlyAsManyComeInAsThereAreSeatsByPost) {
  StartCrowd("usher_seats_policy reject_new;");
  const auto statuses = PostAll();
  EXPECT_EQ(std::ranges::count(statuses, 200), 2);
  EXPECT_EQ(std::ranges::count(statuses, 409), 198);
  EXPECT_EQ(Sessions()["live"], 2);
}

TEST_F(CrowdTest, ExactlyAsManyComeInAsThereAreSeatsByUse) {
  StartCrowd("usher_seats_policy reject_new;");
  const auto statuses = UseAll(LedAll());
  EXPECT_EQ(std::ranges::count(statuses, 200), 2);
  EXPECT_EQ(std::ranges::count(statuses, 409), 198);
}

TEST_F(CrowdTest, WhereTheNewestWinsExactlyAsManyStayAlive) {
  StartCrowd("usher_seats_policy evict_oldest evictions=100000;");
  const auto sessions = LedAll();
  const auto first = UseAll(sessions);
  EXPECT_EQ(std::ranges::count(first, 200), 200) << "each won for a moment";
  EXPECT_EQ(Sessions()["live"], 2);
  EXPECT_EQ(Sessions()["evicted"], 198);
  const auto second = UseAll(sessions);
  EXPECT_EQ(std::ranges::count(second, 200), 2);
  EXPECT_EQ(std::ranges::count(second, 403), 198);
}

TEST_F(CrowdTest, AKilledWorkerLosesAndDoublesNoSession) {
  StartCrowd("usher_seats_policy reject_new;");
  const std::string first = Led();
  const std::string second = Led();
  ASSERT_EQ(Watch(first).status, 200);
  ASSERT_EQ(Watch(second).status, 200);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> asked = 0;
  std::vector<std::jthread> viewers;
  for (int i = 0; i < 4; ++i) {
    viewers.emplace_back([&, i] {
      const std::string third = i < 2 ? std::string() : Led();
      while (!done) {
        const int status = Watch(i == 0   ? first
                                 : i == 1 ? second
                                          : third)
                               .status;
        // 0: the worker was killed while it answered.
        const int right = i < 2 ? 200 : 409;
        if (status != right && status != 0) ++wrong;
        ++asked;
      }
    });
  }
  for (int i = 0; i < 6; ++i) {
    const int before = asked;
    EXPECT_TRUE(WaitUntil([&] { return asked > before + 100; }));
    nginx_.KillWorker();
  }
  done = true;
  viewers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Sessions()["live"], 2);
  EXPECT_EQ(Sessions()["evicted"], 0);
}

}  // namespace
}  // namespace usher::testing
