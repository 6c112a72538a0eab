// Storms: reloads and killed workers in the middle of a crowd.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

class StormTest : public ::testing::Test {
 protected:
  static constexpr size_t kTickets = 25;
  static constexpr size_t kThreads = 4;

  // An edge, and beside it the same files from a stock server.
  StormTest() {
    nginx_.Write("media/film/x", std::string(2000, 'x'));
    nginx_.SetWorkers(4);
    nginx_.Start(
        "usher_seats_policy reject_new; usher_state $prefix/state;"
        "server { listen $port1; root $prefix/media;"
        " location / { usher on; } location = /status { usher_status; } }"
        "server { listen $port2; root $prefix/media; }");
    for (size_t i = 0; i < kTickets; ++i) {
      ticket::Claims claims = BoxOffice::The().Claims("film");
      claims.seats = 2;
      const std::string ticket = BoxOffice::The().Ticket(claims);
      for (int seat = 0; seat < 2; ++seat) sessions_.push_back(Open(ticket));
      tickets_.push_back(ticket);
    }
    for (const std::string& session : sessions_) {
      EXPECT_EQ(Watch(session), 200);
    }
  }
  std::string Open(const std::string& ticket) {
    const std::string location =
        LedTo(nginx_.port(), "/film/master.m3u8", ticket);
    return location.substr(0, location.find('/', 3));
  }
  int Watch(const std::string& session) {
    return Get(nginx_.port(), session + "/film/x").status;
  }
  Json Sessions() {
    return Json::parse(Get(nginx_.port(), "/status").body)["sessions"];
  }
  // Each holder of a seat has kept it, and nobody else got one.
  void ExpectEverySeatAsItWas() {
    for (const std::string& session : sessions_) {
      EXPECT_EQ(Watch(session), 200);
    }
    for (const std::string& ticket : tickets_) {
      EXPECT_EQ(Watch(Open(ticket)), 409);
    }
    EXPECT_EQ(Sessions()["live"], sessions_.size());
    EXPECT_EQ(Sessions()["evicted"], 0);
    EXPECT_EQ(Sessions()["displaced"], 0);
  }
  // All sessions are used, again and again, until the object goes; and the
  // stock server as often, where it is asked to compare.
  std::vector<std::jthread> Crowd(bool compares) {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, compares](const std::stop_token& stop) {
        for (size_t n = i; !stop.stop_requested(); ++n) {
          const int status = Watch(sessions_[n % sessions_.size()]);
          if (status == 0) ++unanswered_;
          if (status != 200 && status != 0) ++refused_;
          if (compares && Get(nginx_.port(2), "/film/x").status != 200) {
            ++stock_failed_;
          }
          ++asked_;
        }
      });
    }
    return threads;
  }
  void WaitForMore(size_t count) {
    const size_t before = asked_;
    EXPECT_TRUE(WaitUntil([&] { return asked_ >= before + count; }));
  }

  Nginx nginx_;
  std::vector<std::string> tickets_;
  std::vector<std::string> sessions_;
  std::atomic<size_t> asked_ = 0;
  std::atomic<size_t> unanswered_ = 0;
  std::atomic<size_t> refused_ = 0;
  std::atomic<size_t> stock_failed_ = 0;
};

TEST_F(StormTest, TwentyReloadsFailNoRequestThatStockNginxWouldNot) {
  auto crowd = Crowd(/*compares=*/true);
  for (int i = 0; i < 20; ++i) {
    nginx_.Reload();
    WaitForMore(50);
  }
  crowd.clear();
  EXPECT_EQ(refused_, 0u);
  EXPECT_LE(unanswered_, stock_failed_);
  ExpectEverySeatAsItWas();
}

// As fast as the crowd can ask: well over 2 000 requests a second of the edge
// alone on a free machine, which the report of --gtest_output=xml tells. What a
// busy one makes of it takes longer, and is judged as often.
TEST_F(StormTest, KilledWorkersLoseAndDoubleNoSession) {
  constexpr int kKills = 12;
  constexpr size_t kBetweenKills = 1000;
  const auto begin = std::chrono::steady_clock::now();
  auto crowd = Crowd(/*compares=*/false);
  for (int i = 0; i < kKills; ++i) {
    WaitForMore(kBetweenKills);
    nginx_.KillWorker();
  }
  const size_t asked = asked_;
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  crowd.clear();
  RecordProperty("requests_per_second",
                 static_cast<int>(static_cast<double>(asked) / took.count()));
  EXPECT_GE(asked, kKills * kBetweenKills);
  // A connection of the worker that was killed gets no answer; no other one.
  EXPECT_LE(unanswered_, asked / 10);
  EXPECT_EQ(refused_, 0u);
  ExpectEverySeatAsItWas();
}

}  // namespace
}  // namespace usher::testing
