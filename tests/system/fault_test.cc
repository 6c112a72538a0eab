// What viewers get while a tier is down, and what it costs when it is back.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <string>

#include "tests/support/request_burst.h"
#include "tests/system/fleet.h"

namespace usher::testing {
namespace {

constexpr std::string_view kPlaylist = "/fight/v720/media.m3u8";
constexpr std::string_view kHave = "/fight/v720/3.m4s";
constexpr std::string_view kHaveNot = "/fight/v720/4.m4s";

class FaultTest : public ::testing::Test {
 protected:
  FaultTest() {
    fleet_.AddPlainPort();
    fleet_.Publish("fight/master.m3u8", "#EXTM3U\nv720/media.m3u8\n");
    PublishPlaylist(3);
    fleet_.Publish("fight/v720/3.m4s", "third");
    fleet_.Start();
    session_ = fleet_.Session(0, "fight");
  }

  // A live one, of one-second segments.
  void PublishPlaylist(int last) {
    std::string text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:1\n";
    for (int i = 1; i <= last; ++i) {
      text += "#EXTINF:1,\n" + std::to_string(i) + ".m4s\n";
    }
    fleet_.Publish("fight/v720/media.m3u8", text);
  }

  Answer Fetch(std::string_view path) {
    return Get(fleet_.edge(0).port(4), session_ + std::string(path));
  }
  static std::string CacheStatus(const Answer& answer) {
    std::string members;
    for (const auto& [name, value] : answer.headers) {
      if (name == "Cache-Status") {
        members += (members.empty() ? "" : ", ") + value;
      }
    }
    return members;
  }
  static bool SaysStale(const Answer& answer) {
    return std::regex_search(CacheStatus(answer), std::regex("ttl=-\\d"));
  }
  // So many viewers of the edge at the same moment; how many got 200.
  size_t Burst(std::string_view path, size_t count = 100) {
    RequestBurst burst(fleet_.edge(0).port(4), count);
    burst.Send(0, count, session_ + std::string(path));
    EXPECT_TRUE(burst.Wait());
    return static_cast<size_t>(
        std::ranges::count(burst.replies(), 200, &BurstReply::status));
  }
  // By two edges at the one shield whose it is, and by that one at the origin.
  void ExpectAskedFor(const std::string& logged) {
    fleet_.origin().Stop();
    EXPECT_EQ(CountOf(fleet_.origin().AccessLog(), logged), 1u)
        << fleet_.origin().AccessLog();
    size_t at_shields = 0;
    StopShields();
    for (size_t i = 0; i < fleet_.shields(); ++i) {
      at_shields += CountOf(fleet_.shield(i).AccessLog(), logged);
    }
    EXPECT_EQ(at_shields, 2u);
  }
  void StopShields() {
    for (size_t i = 0; i < fleet_.shields(); ++i) fleet_.shield(i).Stop();
  }

  Fleet fleet_;
  std::string session_;
};

TEST_F(FaultTest, WithoutItsOriginTheFleetServesWhatItHas) {
  ASSERT_EQ(Fetch(kHave).status, 200);
  const std::string playlist = Fetch(kPlaylist).body;
  fleet_.origin().Stop();

  EXPECT_EQ(Fetch(kHave).body, "third");
  ASSERT_TRUE(WaitUntil([&] { return SaysStale(Fetch(kPlaylist)); }));
  const Answer stale = Fetch(kPlaylist);
  EXPECT_EQ(stale.status, 200);
  EXPECT_EQ(stale.body, playlist);
  EXPECT_GE(std::stoi("0" + stale.Header("Age")), 1);
  EXPECT_GE(Fetch(kHaveNot).status, 502);
  EXPECT_GE(Fetch("/fight/key/" + std::string(32, 'a')).status, 502);
}

// No cache keeps keys: each newcomer's fails, and no shield is given up for it.
TEST_F(FaultTest, KeysThatCannotBeHadCostNoShield) {
  const std::string elsewhere = fleet_.Session(1, "fight");
  for (int i = 10; i < 20; ++i) {
    const std::string path = "/fight/v720/" + std::to_string(i) + ".m4s";
    fleet_.Publish(path.substr(1), "media");
    ASSERT_EQ(Get(fleet_.edge(1).port(4), elsewhere + path).status, 200);
  }
  fleet_.origin().Stop();
  for (int i = 0; i < 10; ++i) {
    for (int key = 0; key < 4; ++key) {
      EXPECT_GE(Fetch("/fight/key/" + std::string(31, 'a') +
                      std::to_string(4 * i + key).substr(0, 1))
                    .status,
                502);
    }
    // This edge has none of them yet; a shield has.
    EXPECT_EQ(Fetch("/fight/v720/" + std::to_string(10 + i) + ".m4s").status,
              200);
  }
}

TEST_F(FaultTest, WithoutItsShieldsAnEdgeServesWhatItHas) {
  ASSERT_EQ(Fetch(kHave).status, 200);
  ASSERT_EQ(Fetch(kPlaylist).status, 200);
  StopShields();
  EXPECT_EQ(Fetch(kHave).body, "third");
  ASSERT_TRUE(
      WaitUntil([&] { return Fetch(kPlaylist).Header("X-Cache") == "STALE"; }));
  EXPECT_TRUE(SaysStale(Fetch(kPlaylist)));
  EXPECT_EQ(Burst(kPlaylist), 100u);
  EXPECT_GE(Fetch(kHaveNot).status, 502);
}

// A live playlist is never older than its target duration and says nothing.
TEST_F(FaultTest, AnAnswerThatIsOlderThanItsTimeSaysSo) {
  ASSERT_EQ(Fetch(kPlaylist).status, 200);
  fleet_.origin().Stop();
  const auto is_honest = [&] {
    const Answer answer = Fetch(kPlaylist);
    EXPECT_EQ(answer.status, 200);
    const int age = std::stoi("0" + answer.Header("Age"));
    EXPECT_TRUE(age <= 1 || SaysStale(answer))
        << age << " " << CacheStatus(answer);
    return age >= 4;
  };
  EXPECT_TRUE(WaitUntil(is_honest));
}

TEST_F(FaultTest, RecoveryIsNoStampede) {
  ASSERT_EQ(Fetch(kPlaylist).status, 200);
  fleet_.origin().Stop();
  EXPECT_EQ(Burst(kHaveNot), 0u);
  fleet_.StartOrigin();
  PublishPlaylist(4);
  fleet_.Publish(kHaveNot.substr(1), "fourth");
  ASSERT_TRUE(
      WaitUntil([&] { return Fetch("/fight/master.m3u8").status == 200; }));

  ASSERT_TRUE(WaitUntil([&] { return Fetch(kHaveNot).status == 200; }));
  fleet_.Publish("fight/v720/5.m4s", "fifth");
  EXPECT_EQ(Burst("/fight/v720/5.m4s"), 100u);
  ASSERT_TRUE(
      WaitUntil([&] { return Fetch(kPlaylist).body.contains("4.m4s"); }));
  EXPECT_EQ(Fleet::Requests(fleet_.origin(), "/fight/v720/5.m4s"), 1u);
}

TEST_F(FaultTest, AnOriginThatIsDownIsNotAskedByEveryViewer) {
  fleet_.origin().Stop();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Burst(kHaveNot), 0u);
  size_t requests = 0;
  for (size_t i = 0; i < fleet_.shields(); ++i) {
    requests += Fleet::Requests(fleet_.shield(i), kHaveNot);
  }
  EXPECT_LT(requests, 60u) << "of three hundred";
}

TEST_F(FaultTest, HeldReloadsOfAllEdgesAreOneAtTheOrigin) {
  const std::string other = fleet_.Session(1, "fight");
  const std::string target = std::string(kPlaylist) + "?_HLS_msn=4";
  ASSERT_EQ(Fetch(kPlaylist).status, 200);
  RequestBurst here(fleet_.edge(0).port(4), 50);
  RequestBurst there(fleet_.edge(1).port(4), 50);
  here.Send(0, 50, session_ + target);
  there.Send(0, 50, other + target);
  // Whoever comes now shares the fate of those who wait.
  EXPECT_FALSE(here.Wait(std::chrono::milliseconds(200)));
  PublishPlaylist(4);
  ASSERT_TRUE(here.Wait());
  ASSERT_TRUE(there.Wait());
  for (const RequestBurst* burst : {&here, &there}) {
    EXPECT_EQ(std::ranges::count(burst->replies(), 200, &BurstReply::status),
              50);
  }
  ExpectAskedFor("\"args\":\"_HLS_msn=4\"");
}

TEST_F(FaultTest, HeldPartsOfAllEdgesAreOneAtTheOrigin) {
  const std::string other = fleet_.Session(1, "fight");
  constexpr std::string_view kPart = "/fight/v720/4.0.m4s";
  fleet_.Publish("fight/v720/media.m3u8",
                 "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
                 "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1\n"
                 "#EXT-X-PART-INF:PART-TARGET=0.3\n#EXT-X-MEDIA-SEQUENCE:3\n"
                 "#EXTINF:1,\n3.m4s\n"
                 "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"4.0.m4s\"\n");
  RequestBurst here(fleet_.edge(0).port(4), 50);
  RequestBurst there(fleet_.edge(1).port(4), 50);
  here.Send(0, 50, session_ + std::string(kPart));
  there.Send(0, 50, other + std::string(kPart));
  EXPECT_FALSE(here.Wait(std::chrono::milliseconds(200)));
  fleet_.Publish(kPart.substr(1), "part");
  ASSERT_TRUE(here.Wait());
  ASSERT_TRUE(there.Wait());
  for (const RequestBurst* burst : {&here, &there}) {
    EXPECT_EQ(std::ranges::count(burst->replies(), 200, &BurstReply::status),
              50);
  }
  ExpectAskedFor("\"uri\":\"" + std::string(kPart) + "\"");
}

TEST_F(FaultTest, ANewRevisionNeverMixesWithOldBytes) {
  ASSERT_EQ(Fetch(kHave).body, "third");
  fleet_.Publish("fight/v720.2/3.m4s", "third, mended");
  fleet_.Publish("fight/master.m3u8", "#EXTM3U\nv720.2/media.m3u8\n");
  ASSERT_TRUE(WaitUntil(
      [&] { return Fetch("/fight/master.m3u8").body.contains("v720.2"); }));
  EXPECT_EQ(Fetch("/fight/v720.2/3.m4s").body, "third, mended");
  EXPECT_EQ(Fetch(kHave).body, "third") << "who plays on, plays the old one";
}

TEST_F(FaultTest, AClosedEventStopsAtOnceCachedOrNot) {
  ASSERT_EQ(Fetch(kHave).status, 200);
  const auto set = [&](const std::string& state) {
    return fleet_
        .Control(0, "/control/events/fight",
                 {"-X", "PUT", "-d", R"({"state":")" + state + R"("})"})
        .status;
  };
  EXPECT_EQ(set("closed"), 200);
  for (const std::string_view path : {kHave, kPlaylist, kHaveNot}) {
    EXPECT_EQ(Fetch(path).Code(), "event_not_started") << path;
  }
  fleet_.origin().Stop();
  EXPECT_EQ(set("open"), 200) << "needs nobody else";
  EXPECT_EQ(Fetch(kHave).status, 200);
}

}  // namespace
}  // namespace usher::testing
