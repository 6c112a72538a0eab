// What floods cost: bad tickets by address, keys by session.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

class TicketFloodTest : public ::testing::Test {
 protected:
  TicketFloodTest() { nginx_.Write("media/film/x", "content"); }
  void Start(std::string_view directives) {
    nginx_.Start("set_real_ip_from 127.0.0.1; real_ip_header X-Client; " +
                 std::string(directives) +
                 " server { listen $port1; root $prefix/media;"
                 " location / { usher on; } }");
  }
  Answer From(const std::string& address, const std::string& target) {
    return Get(nginx_.port(), target, {"X-Client: " + address});
  }
  Answer Show(const std::string& address, const std::string& ticket) {
    return From(address, "/film/x?ticket=" + ticket);
  }
  // Signed by the right key, but not what was signed.
  static std::string Forged() {
    std::string ticket = BoxOffice::The().Ticket("film");
    ticket[ticket.rfind('.') - 5] ^= 1;
    return ticket;
  }
  // How many of `count` bad tickets were checked.
  int Flood(const std::string& address, int count) {
    int checked = 0;
    for (int i = 0; i < count; ++i) {
      checked += Show(address, Forged()).status == 403 ? 1 : 0;
    }
    return checked;
  }

  Nginx nginx_;
};

TEST_F(TicketFloodTest, IsRefusedUncheckedOverTheBudget) {
  Start("usher_ticket_failures 20;");
  EXPECT_EQ(Flood("192.0.2.1", 20), 20);
  EXPECT_LE(Flood("192.0.2.1", 20), 10) << "three seconds give one each";
  const Answer refused = Show("192.0.2.1", Forged());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Code(), "rate_limited");
  EXPECT_GE(std::stoi(refused.Header("Retry-After")), 1);
  EXPECT_EQ(Flood("192.0.2.2", 1), 1) << "another address";
  EXPECT_EQ(From("192.0.2.1", "/film/x").status, 401) << "costs nothing";
}

TEST_F(TicketFloodTest, TouchesNobodyWhoWatchesBehindTheSameAddress) {
  Start("usher_ticket_failures 20;");
  const std::string ticket = BoxOffice::The().Ticket("film");
  const std::string url = Show("192.0.2.1", ticket).Header("Location");
  Flood("192.0.2.1", 60);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(From("192.0.2.1", url).status, 200);
  }
  EXPECT_EQ(Show("192.0.2.1", ticket).status, 302) << "it was good before";
  const std::string newcomer = BoxOffice::The().Ticket("film");
  EXPECT_TRUE(WaitUntil([&] {
    return Show("192.0.2.1", newcomer).status == 302;
  })) << "when the flood is over";
}

TEST_F(TicketFloodTest, HasOneBudgetForAnIpv6Network) {
  Start("usher_ticket_failures 20;");
  int checked = 0;
  for (int i = 0; i < 60; ++i) {
    checked += Flood("2001:db8:0:1::" + std::to_string(i + 1), 1);
  }
  EXPECT_LE(checked, 40);
  EXPECT_EQ(Flood("2001:db8:0:2::1", 1), 1);
}

TEST_F(TicketFloodTest, ByPostIsTheSame) {
  Start("usher_ticket_failures 5;");
  Flood("192.0.2.1", 10);
  const Answer refused =
      Ask(nginx_.port(), "POST", "/usher/session",
          {"X-Client: 192.0.2.1", "Authorization: Bearer " + Forged()});
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.Header("Retry-After").empty());
}

TEST_F(TicketFloodTest, IsCheckedWhereNobodyMinds) {
  Start("usher_ticket_failures off;");
  EXPECT_EQ(Flood("192.0.2.1", 50), 50);
}

TEST_F(TicketFloodTest, ABadNumberRefusesTheConfiguration) {
  for (const char* number : {"0", "-1", "many", "60001"}) {
    nginx_.ExpectAlarm("invalid number");
    EXPECT_NE(nginx_.Test("usher_ticket_failures " + std::string(number) + ";")
                  .exit_code,
              0);
  }
}

class KeyFloodTest : public ::testing::Test {
 protected:
  KeyFloodTest()
      : key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")),
        other_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {
    nginx_.Start(
        "server { listen $port1; location / { usher on;"
        " usher_content_keys $prefix/keys;"
        " usher_master_key $prefix/master.key; } }");
    session_ = SessionAt(nginx_.port(), "film");
  }
  Answer Key(const std::string& session, const keys::ContentKey& key) {
    return Get(nginx_.port(), session + "/film/key/" + key.kid.ToHex());
  }

  Nginx nginx_;
  keys::ContentKey key_;
  keys::ContentKey other_;
  std::string session_;
};

TEST_F(KeyFloodTest, ASessionMayAskForAKeyWithEverySegmentButNotForEver) {
  for (int i = 0; i < 120; ++i) {
    ASSERT_EQ(Key(session_, key_).status, 200) << i;
  }
  Answer answer = Key(session_, key_);
  for (int i = 0; i < 100 && answer.status == 200; ++i) {
    answer = Key(session_, key_);
  }
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.Code(), "rate_limited");
  EXPECT_EQ(answer.Header("Retry-After"), "1");
  EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
  EXPECT_EQ(Key(session_, other_).status, 200) << "another key";
  EXPECT_EQ(Key(SessionAt(nginx_.port(), "film"), key_).status, 200)
      << "another viewer";
  EXPECT_TRUE(WaitUntil([&] { return Key(session_, key_).status == 200; }));
}

}  // namespace
}  // namespace usher::testing
