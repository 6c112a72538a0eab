// Whoever holds one ticket and does their worst with it.
#include "tests/ngx_module/engine/session_table_fixture.h"

namespace usher::engine {
namespace {

class SeatAbuseTest : public SessionTableTest {
 protected:
  // A page that is loaded again as session `id`, and hands back the one before.
  Entry Reload(uint64_t id, uint64_t old) {
    const session::SessionId before = Make(old).sid;
    return table_.Enter(Make(id), Entrance::kPost, rules_, now_, &before);
  }
  size_t Tombstones() const {
    return table_.pool().CountOf(SlotKind::kEvicted);
  }
  // A link takes the seat, a page pushes it out, and closes; once a second.
  void PushOut(uint64_t times) {
    for (uint64_t i = 0; i < times; ++i, ++now_) {
      Enter(next_++);
      const uint64_t page = next_++;
      Enter(page, Entrance::kPost);
      table_.Leave(Make(page).sid);
    }
  }

  uint64_t next_ = 100;
};

TEST_F(SeatAbuseTest, OneTicketLeavesFewTombstonesInTenMinutes) {
  PushOut(590);
  EXPECT_GE(Tombstones(), rules_.evictions);
  EXPECT_LE(Tombstones(), rules_.evictions + 32);
}

TEST_F(SeatAbuseTest, WhereItIsOverdoneNobodyIsPushedOutForAWhile) {
  PushOut(100);
  now_ += 61;  // whoever came last is idle
  ASSERT_TRUE(IsIn(1));
  EXPECT_EQ(Enter(2, Entrance::kPost).denial, Denial::kSeatsTaken);
  now_ = kNow + 601;
  EXPECT_TRUE(IsIn(1));
  EXPECT_FALSE(Enter(2, Entrance::kPost).denial);
}

TEST_F(SeatAbuseTest, EvictionsLeaveRoomForRevocations) {
  const auto capacity = static_cast<uint32_t>(table_.pool().Capacity());
  for (uint32_t i = 0; i < 2 * capacity; ++i) {
    const uint64_t ticket = 10 + i;
    table_.Enter(Make(2 * i + 1, ticket), Entrance::kUse, rules_, now_);
    const Entry second =
        table_.Enter(Make(2 * i + 2, ticket), Entrance::kUse, rules_, now_);
    EXPECT_FALSE(second.denial) << i;
  }
  EXPECT_GE(Tombstones(), capacity / 4);
  for (uint32_t i = 0; i < capacity / 8; ++i) {
    const StateRecord revoked = {.kind = SlotKind::kRevokedTicket,
                                 .id = Hash(uint64_t{i} << 32),
                                 .until = UINT32_MAX - 1};
    EXPECT_TRUE(table_.Apply(revoked, now_)) << i;
  }
}

TEST_F(SeatAbuseTest, PagesThatTakeTurnsAreNotTwoViewers) {
  Enter(1, Entrance::kPost);
  uint64_t together = 0;
  for (uint64_t id = 2; id < 102; ++id, now_ += 5) {
    EXPECT_FALSE(Reload(id, id - 1).denial) << "who reloads stays in";
    if (IsIn(id - 1)) ++together;
    EXPECT_TRUE(IsIn(id));
  }
  EXPECT_LE(together, 8u + 100 * 5 / 60);
}

TEST_F(SeatAbuseTest, AnOldPagesLastRequestsHaveTenSeconds) {
  Enter(1, Entrance::kPost);
  Reload(2, 1);
  now_ += 10;
  EXPECT_TRUE(IsIn(1));
  Enter(2);
  now_ += 1;
  rules_.evict_oldest = false;
  EXPECT_EQ(Denied(1), Denial::kSeatsTaken);
}

TEST_F(SeatAbuseTest, WhoseSeatGoesOnTooOftenIsToldOf) {
  Enter(1, Entrance::kPost);
  for (uint64_t id = 2; id < 10; ++id) {
    EXPECT_TRUE(Reload(id, id - 1).evicted.empty());
  }
  const Entry entry = Reload(10, 9);
  ASSERT_EQ(entry.evicted.size(), 1u);
  EXPECT_EQ(entry.evicted[0].id, Make(9).sid);
  EXPECT_EQ(Denied(9), Denial::kSessionEvicted);
}

}  // namespace
}  // namespace usher::engine
