#include <memory>
#include <vector>

#include "ngx_module/engine/status_report.h"
#include "tests/ngx_module/engine/session_table_fixture.h"

namespace usher::engine {
namespace {

TEST_F(SessionTableTest, ASeatIsTakenOnceHoweverOftenItIsUsed) {
  EXPECT_TRUE(Enter(1).seated);
  EXPECT_FALSE(Enter(1).seated);
  EXPECT_EQ(Live(), 1u);
}

TEST_F(SessionTableTest, ASessionIsLiveUntilItIsIdleOrExpired) {
  Enter(1);
  now_ += 60;
  EXPECT_EQ(Live(), 1u);
  now_ += 1;
  EXPECT_EQ(Live(), 0u);
  EXPECT_EQ(table_.Live(kNow + 3600, 10'000), 0u);
}

TEST_F(SessionTableTest, OneSeatGoesToTheNewestAndTheOldOneIsTold) {
  EXPECT_TRUE(IsIn(1));
  const Entry entry = Enter(2);
  EXPECT_FALSE(entry.denial);
  ASSERT_EQ(entry.evicted.size(), 1u);
  EXPECT_EQ(entry.evicted[0].id, Make(1).sid);
  EXPECT_EQ(entry.evicted[0].until, Make(1).expires);
  EXPECT_EQ(Denied(1), Denial::kSessionEvicted);
  EXPECT_TRUE(IsIn(2));
  EXPECT_EQ(Live(), 1u);
}

TEST_F(SessionTableTest, TheLongestIdleMakesRoomAlsoWithinOneSecond) {
  seats_ = 3;
  for (uint64_t id : {1, 2, 3, 1, 3}) Enter(id);
  EXPECT_TRUE(IsIn(4));
  EXPECT_EQ(Denied(2), Denial::kSessionEvicted);
  EXPECT_TRUE(IsIn(1));
  EXPECT_TRUE(IsIn(3));
}

TEST_F(SessionTableTest, WhereSeatsAreKeptANewcomerIsRefused) {
  rules_.evict_oldest = false;
  seats_ = 2;
  EXPECT_TRUE(IsIn(1));
  EXPECT_TRUE(IsIn(2));
  EXPECT_EQ(Denied(3), Denial::kSeatsTaken);
  EXPECT_EQ(Enter(3, Entrance::kPost).denial, Denial::kSeatsTaken);
  EXPECT_TRUE(IsIn(1));
  EXPECT_EQ(Live(), 2u);
}

TEST_F(SessionTableTest, AnIdleSeatIsFreeAndMayBeClaimedAgain) {
  rules_.evict_oldest = false;
  EXPECT_TRUE(IsIn(1));
  now_ += 61;
  EXPECT_TRUE(IsIn(2));
  EXPECT_EQ(Denied(1), Denial::kSeatsTaken);
  now_ += 61;
  EXPECT_TRUE(Enter(1).seated);
}

TEST_F(SessionTableTest, TicketsDoNotTakeEachOthersSeats) {
  EXPECT_TRUE(IsIn(1));
  EXPECT_FALSE(table_.Enter(Make(2, 2), Entrance::kUse, rules_, now_).denial);
  EXPECT_TRUE(IsIn(1));
  EXPECT_EQ(Live(), 2u);
}

TEST_F(SessionTableTest, ATicketWithFewerSeatsThanAreTakenEmptiesThem) {
  seats_ = 3;
  for (uint64_t id : {1, 2, 3}) Enter(id);
  seats_ = 1;
  EXPECT_EQ(Enter(4).evicted.size(), 3u);
  EXPECT_EQ(Live(), 1u);
}

TEST_F(SessionTableTest, LookingTakesNoSeatAndEvictsNobody) {
  EXPECT_TRUE(IsIn(1));
  EXPECT_FALSE(Enter(2, Entrance::kPeek).denial);
  EXPECT_EQ(Live(), 1u);
  EXPECT_TRUE(IsIn(1));
  now_ += 40;
  Enter(1, Entrance::kPeek);
  now_ += 40;
  EXPECT_EQ(Live(), 0u) << "nor does it keep one";
}

TEST_F(SessionTableTest, WhoLeavesFreesTheSeatAtOnce) {
  rules_.evict_oldest = false;
  Enter(1);
  table_.Leave(Make(1).sid);
  EXPECT_EQ(Live(), 0u);
  EXPECT_TRUE(IsIn(2));
  table_.Leave(Make(3).sid);
  EXPECT_TRUE(IsIn(2));
}

TEST_F(SessionTableTest, WhoWasEvictedCannotLeaveTheTombstone) {
  Enter(1);
  Enter(2);
  table_.Leave(Make(1).sid);
  EXPECT_EQ(Denied(1), Denial::kSessionEvicted);
}

TEST_F(SessionTableTest, AReloadedPageTakesOverItsOwnSeat) {
  rules_.evict_oldest = false;
  Enter(1);
  const session::SessionId old = Make(1).sid;
  const Entry entry =
      table_.Enter(Make(2), Entrance::kPost, rules_, now_, &old);
  EXPECT_FALSE(entry.denial);
  EXPECT_TRUE(entry.evicted.empty()) << "a reload is no eviction";
  EXPECT_EQ(Live(), 1u);
  EXPECT_FALSE(Enter(1).seated) << "what the old page still asks for";
  EXPECT_EQ(Live(), 1u);
  now_ += 50;
  EXPECT_TRUE(IsIn(2));
  now_ += 20;
  EXPECT_EQ(Denied(1), Denial::kSeatsTaken) << "the moment is over";
}

TEST_F(SessionTableTest, NobodyTakesOverTheSeatOfAnotherTicketOrAnEvictedOne) {
  Enter(1);
  const session::SessionId old = Make(1).sid;
  EXPECT_FALSE(
      table_.Enter(Make(2, 2), Entrance::kPost, rules_, now_, &old).denial);
  EXPECT_EQ(Live(), 2u);
  Enter(3);
  rules_.evict_oldest = false;
  EXPECT_EQ(table_.Enter(Make(4), Entrance::kPost, rules_, now_, &old).denial,
            Denial::kSeatsTaken);
  const session::SessionId own = Make(3).sid;
  EXPECT_FALSE(
      table_.Enter(Make(3), Entrance::kPost, rules_, now_, &own).denial);
}

TEST_F(SessionTableTest, AFightOverATicketEndsWithWhoCameLastByPost) {
  rules_.evictions = 4;
  uint64_t id = 1;
  for (; id <= 5; ++id) EXPECT_FALSE(Enter(id, Entrance::kPost).denial) << id;
  EXPECT_EQ(Denied(id), Denial::kSeatsTaken);
  EXPECT_EQ(Enter(id, Entrance::kPost).denial, Denial::kSeatsTaken);
  EXPECT_TRUE(IsIn(5));
  EXPECT_EQ(Live(), 1u);
  now_ += 601;
  EXPECT_TRUE(IsIn(5));
  EXPECT_TRUE(IsIn(id)) << "ten minutes later it is forgotten";
}

TEST_F(SessionTableTest, InAFightAPlayersLinkYieldsToAPage) {
  rules_.evictions = 2;
  for (uint64_t id : {1, 2, 3}) Enter(id);
  EXPECT_EQ(Denied(4), Denial::kSeatsTaken);
  EXPECT_FALSE(Enter(5, Entrance::kPost).denial);
  EXPECT_EQ(Denied(3), Denial::kSessionEvicted);
  EXPECT_EQ(Enter(6, Entrance::kPost).denial, Denial::kSeatsTaken);
}

TEST_F(SessionTableTest, AFullTableRefusesNobodyAndForgetsNoEviction) {
  Enter(1);
  Enter(2);
  const size_t capacity = table_.pool().Capacity();
  for (uint64_t i = 0; i < 3 * capacity; ++i) {
    EXPECT_FALSE(
        table_.Enter(Make(100 + i, 100 + i), Entrance::kUse, rules_, now_)
            .denial);
  }
  EXPECT_GT(table_.pool().displaced(), capacity);
  EXPECT_EQ(Denied(1), Denial::kSessionEvicted);
}

TEST_F(SessionTableTest, ATombstoneEndsWithItsSession) {
  Enter(1);
  Enter(2);
  now_ = kNow + 3600;
  EXPECT_NE(Denied(1), Denial::kSessionEvicted)
      << "its credential has expired by itself";
}

TEST_F(SessionTableTest, ATicketMayOpenWhatItHasNoSeatForYet) {
  rules_.evict_oldest = false;
  Enter(1);
  EXPECT_FALSE(table_.MayOpen(Make(2), now_).denial);
  EXPECT_EQ(Live(), 1u);
}

TEST_F(SessionTableTest, BeforeTheDoorsOpenEverybodyGetsATimeOfTheirOwn) {
  StateRecord event;
  event.kind = SlotKind::kEvent;
  event.number = kNow + 100;
  ASSERT_TRUE(table_.Apply(event, now_));
  session::Session early = Make(1);
  early.sid[0] = 0;
  const Entry first = table_.Enter(early, Entrance::kUse, rules_, now_);
  EXPECT_EQ(first.denial, Denial::kEventNotStarted);
  EXPECT_EQ(first.retry_after, 100u);
  early.sid[0] = 255;
  EXPECT_EQ(table_.MayOpen(early, now_).retry_after, 159u);
  now_ += 100;
  EXPECT_TRUE(IsIn(1));
  event.state = EventState::kClosed;
  ASSERT_TRUE(table_.Apply(event, now_));
  EXPECT_EQ(Enter(1).denial, Denial::kEventNotStarted);
  EXPECT_GE(Enter(1).retry_after, 30u);
}

TEST_F(SessionTableTest, AConfiguredStartHoldsUntilSomebodySaysOtherwise) {
  rules_.starts = kNow + 100;
  EXPECT_EQ(Denied(1), Denial::kEventNotStarted);
  EXPECT_EQ(table_.MayOpen(Make(1), now_, rules_.starts).denial,
            Denial::kEventNotStarted);
  StateRecord event;
  event.kind = SlotKind::kEvent;
  ASSERT_TRUE(table_.Apply(event, now_));
  EXPECT_TRUE(IsIn(1)) << "opened early";
}

TEST_F(SessionTableTest, OpenToAllAdmitsWhoeverComesAndCountsNobody) {
  Enter(1);
  Enter(2);
  session::Session nobody = Make(3, 0);
  const auto denial = [&](const session::Session& session) {
    return table_.Enter(session, Entrance::kUse, rules_, now_).denial;
  };
  EXPECT_EQ(denial(nobody), Denial::kTicketMissing);
  StateRecord event;
  event.kind = SlotKind::kEvent;
  event.state = EventState::kOpenToAll;
  event.number = kNow + 1000;
  ASSERT_TRUE(table_.Apply(event, now_));
  const size_t before = Live();
  EXPECT_FALSE(denial(nobody));
  EXPECT_FALSE(Denied(1)) << "also who was evicted";
  EXPECT_EQ(Live(), before);
  EXPECT_FALSE(table_.MayOpen(nobody, now_).denial);
  event.state = EventState::kOpen;
  event.number = 0;
  ASSERT_TRUE(table_.Apply(event, now_));
  EXPECT_EQ(denial(nobody), Denial::kTicketMissing);
  EXPECT_EQ(Denied(1), Denial::kSessionEvicted);
}

TEST_F(SessionTableTest, ARevokedKeyRefusesTicketsAndEndsSessions) {
  session::Session session = Make(1);
  session.signing_key = {1, 2, 3, 4};
  StateRecord record;
  record.kind = SlotKind::kRevokedKey;
  record.id = KeyIdOf(session.signing_key);
  record.until = kNow + 10;
  ASSERT_TRUE(table_.Apply(record, now_));
  const auto denial = [&](Entrance entrance) {
    return table_.Enter(session, entrance, rules_, now_).denial;
  };
  EXPECT_EQ(denial(Entrance::kUse), Denial::kSessionRevoked);
  EXPECT_EQ(denial(Entrance::kPeek), Denial::kSessionRevoked);
  EXPECT_EQ(denial(Entrance::kPost), Denial::kTicketInvalid);
  EXPECT_EQ(table_.MayOpen(session, now_).denial, Denial::kTicketInvalid);
  EXPECT_TRUE(IsIn(2)) << "signed by another";
  now_ += 10;
  EXPECT_FALSE(denial(Entrance::kUse));
}

TEST_F(SessionTableTest, ItHoldsEightThousandSessionsPerMegabyte) {
  // As nginx gives it: eight zones, of which the slab pool keeps a page or two.
  const size_t shard = (size_t{1} << 20) / 8 - 3 * 4096;
  std::vector<std::byte> memory(shard);
  EXPECT_GE(SessionTable(memory).pool().Capacity() * 8, 8000u);
}

// A session's URL in two hands.
class SharedSeatTest : public SessionTableTest {
 protected:
  // Until the second client is refused, or has fetched as much as convicts it.
  Entry WatchTogether(uint64_t id, uint8_t other = 2) {
    Entry entry;
    for (int i = 0; i < 8 && !entry.denial; ++i, ++next_, now_ += 6) {
      Fetch(id, 1, next_);
      entry = Fetch(id, other, next_);
      shared_ += entry.shared ? 1 : 0;
    }
    return entry;
  }
  Entry Fetch(uint64_t id, uint8_t network, int n) {
    const uint8_t address[] = {192, 0, network, 1};
    const std::string path = "/fight/v720/" + std::to_string(n) + ".m4s";
    const Visit visit = {address, "player", path, {}};
    return table_.Enter(Make(id), Entrance::kUse, rules_, now_, nullptr,
                        &visit);
  }
  int shared_ = 0;
  int next_ = 1;
};

TEST_F(SharedSeatTest, EachFurtherClientTakesASeat) {
  seats_ = 3;
  rules_.evict_oldest = false;
  Enter(1);
  EXPECT_FALSE(WatchTogether(1).denial);
  EXPECT_EQ(Live(), 2u);
  EXPECT_FALSE(WatchTogether(1, 3).denial);
  Fetch(1, 2, next_);
  EXPECT_EQ(Live(), 3u);
  EXPECT_EQ(WatchTogether(1, 4).denial, Denial::kSeatsTaken);
  EXPECT_FALSE(Fetch(1, 1, 100).denial);
  EXPECT_EQ(shared_, 3);
  now_ += 61;
  EXPECT_EQ(Live(), 0u);
}

TEST_F(SharedSeatTest, AFurtherClientCanBeEvictedLikeAnybody) {
  seats_ = 2;
  Enter(1);
  EXPECT_FALSE(WatchTogether(1).denial);
  Fetch(1, 1, 50);
  const Entry newcomer = Enter(2);
  ASSERT_EQ(newcomer.evicted.size(), 1u);
  EXPECT_NE(newcomer.evicted[0].id, Make(1).sid) << "the longest idle";
  EXPECT_EQ(Fetch(1, 2, 50).denial, Denial::kSessionEvicted);
  EXPECT_FALSE(Fetch(1, 1, 51).denial);
}

TEST_F(SharedSeatTest, OneThatTakesItsOwnSessionsSeatEndsBoth) {
  Enter(1);
  const Entry entry = WatchTogether(1);
  EXPECT_EQ(entry.denial, Denial::kSessionEvicted);
  ASSERT_EQ(entry.evicted.size(), 1u) << "to be written down";
  EXPECT_EQ(entry.evicted[0].id, Make(1).sid);
  EXPECT_EQ(Denied(1), Denial::kSessionEvicted);
  EXPECT_EQ(Live(), 0u) << "nobody sits where nobody can come";
}

TEST_F(SharedSeatTest, WhereItIsOnlyToldOfNobodyPays) {
  rules_.shared = SharedSession::kLog;
  Enter(1);
  EXPECT_FALSE(WatchTogether(1).denial);
  EXPECT_EQ(shared_, 1);
  EXPECT_EQ(Live(), 1u);
  rules_.shared = SharedSession::kRefuse;
  EXPECT_EQ(Fetch(1, 2, 60).denial, Denial::kSeatsTaken);
  EXPECT_FALSE(Fetch(1, 1, 60).denial);
}

TEST_F(SessionTableTest, CountersCountAndUnknownOnesDoNot) {
  const auto denied = static_cast<unsigned>(Counter::kDenied) +
                      static_cast<unsigned>(Denial::kMethodNotAllowed);
  table_.counters().Count(denied);
  table_.counters().Count(denied);
  table_.counters().Count(denied + 1);
  EXPECT_EQ(table_.counters().Of(denied), 2u);
  EXPECT_EQ(table_.counters().Of(denied + 1), 0u);
}

TEST_F(SessionTableTest, ReportsAddUpWhatTheShardsCounted) {
  std::vector<std::byte> more(SessionTable::kMinimumSize);
  SessionTable second(more);
  second.Format();
  for (SessionTable* shard : {&table_, &second}) {
    shard->Enter(Make(1), Entrance::kUse, rules_, now_);
    shard->Enter(Make(2), Entrance::kUse, rules_, now_);
    shard->counters().Count(static_cast<unsigned>(Counter::kAdmitted));
  }
  const Shard shards[] = {{table_, {}}, {second, {}}};
  const auto traffic = std::make_unique<Traffic>();
  const std::string status = StatusJson(shards, *traffic, {kNow, 60, false});
  EXPECT_TRUE(status.contains("\"live\": 2")) << status;
  EXPECT_TRUE(status.contains("\"draining\": false")) << status;
  EXPECT_TRUE(status.contains("\"evicted\": 2")) << status;
  const std::string metrics = MetricsText(shards, *traffic, {kNow, 60, true},
                                          Exposition::Format::kPrometheus);
  for (const char* line :
       {"usher_admissions_total{verdict=\"admitted\"} 2\n",
        "usher_admissions_total{verdict=\"method_not_allowed\"} 0\n",
        "usher_sessions_evicted_total 2\n", "usher_sessions_live 2\n",
        "usher_draining 1\n", "# TYPE usher_sessions_live gauge\n"}) {
    EXPECT_TRUE(metrics.contains(line)) << line << metrics;
  }
}

}  // namespace
}  // namespace usher::engine
