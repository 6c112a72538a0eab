#include "ngx_module/engine/session_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "ngx_module/engine/status_report.h"

namespace usher::engine {
namespace {

constexpr uint32_t kNow = 1'800'000'000;

class SessionTableTest : public ::testing::Test {
 protected:
  SessionTableTest() : memory_(SessionTable::kMinimumSize), table_(memory_) {
    table_.Format();
  }
  static session::Session Make(uint64_t id, uint32_t expires = kNow + 3600) {
    session::Session session;
    std::memcpy(session.sid.data(), &id, sizeof(id));
    session.expires = expires;
    return session;
  }

  std::vector<std::byte> memory_;
  SessionTable table_;
};

TEST_F(SessionTableTest, ASessionIsLiveUntilItIsIdleOrExpired) {
  table_.Touch(Make(1, kNow + 100), kNow);
  EXPECT_EQ(table_.Live(kNow, 60), 1u);
  EXPECT_EQ(table_.Live(kNow + 60, 60), 1u);
  EXPECT_EQ(table_.Live(kNow + 61, 60), 0u);
  EXPECT_EQ(table_.Live(kNow + 100, 1000), 0u);
}

TEST_F(SessionTableTest, UsingItAgainTakesNoSecondSlot) {
  for (int i = 0; i < 10; ++i) table_.Touch(Make(1), kNow + 10);
  EXPECT_EQ(table_.Live(kNow + 10, 60), 1u);
}

TEST_F(SessionTableTest, RemovedIsGone) {
  table_.Touch(Make(1), kNow);
  table_.Touch(Make(2), kNow);
  table_.Remove(Make(1).sid);
  EXPECT_EQ(table_.Live(kNow, 60), 1u);
  table_.Remove(Make(3).sid);
  EXPECT_EQ(table_.Live(kNow, 60), 1u);
}

TEST_F(SessionTableTest, WhereASetIsFullTheLongestIdleMakesRoom) {
  const size_t sets = table_.Capacity() / 8;
  for (uint32_t i = 0; i < 9; ++i) table_.Touch(Make(i * sets), kNow + i);
  EXPECT_EQ(table_.Live(kNow + 8, 8), 8u) << "the first was pushed out";
  table_.Touch(Make(0), kNow + 9);
  EXPECT_EQ(table_.Live(kNow + 9, 60), 8u) << "and is adopted again";
}

TEST_F(SessionTableTest, ItHoldsEightThousandSessionsPerMegabyte) {
  std::vector<std::byte> memory(size_t{1} << 20);
  EXPECT_GE(SessionTable(memory).Capacity(), 16000u) << "room for half full";
}

TEST_F(SessionTableTest, AnotherViewOfTheSameMemorySeesTheSame) {
  table_.Touch(Make(1), kNow);
  const SessionTable other(memory_);
  EXPECT_TRUE(other.IsUsable());
  EXPECT_EQ(other.Live(kNow, 60), 1u);
}

TEST_F(SessionTableTest, MemoryOfAnotherLayoutIsNotUsable) {
  EXPECT_FALSE(
      SessionTable(std::span(memory_).first(memory_.size() - 4096)).IsUsable());
  memory_[0] ^= std::byte{1};
  EXPECT_FALSE(table_.IsUsable());
}

TEST_F(SessionTableTest, CountersCountAndUnknownOnesDoNot) {
  const auto denied = static_cast<unsigned>(Counter::kDenied) +
                      static_cast<unsigned>(Denial::kMethodNotAllowed);
  table_.Count(denied);
  table_.Count(denied);
  table_.Count(denied + 1);
  EXPECT_EQ(table_.CountOf(denied), 2u);
  EXPECT_EQ(table_.CountOf(denied + 1), 0u);
}

TEST_F(SessionTableTest, ReportsNameWhatWasCounted) {
  table_.Touch(Make(1), kNow);
  table_.Count(static_cast<unsigned>(Counter::kAdmitted));
  EXPECT_TRUE(StatusJson(table_, kNow, 60).contains("\"live\": 1"));
  const std::string metrics = MetricsText(table_, kNow, 60);
  EXPECT_TRUE(
      metrics.contains("usher_admissions_total{verdict=\"admitted\"} 1\n"));
  EXPECT_TRUE(metrics.contains(
      "usher_admissions_total{verdict=\"method_not_allowed\"} 0\n"));
  EXPECT_TRUE(metrics.contains("# TYPE usher_sessions_live gauge\n"));
}

}  // namespace
}  // namespace usher::engine
