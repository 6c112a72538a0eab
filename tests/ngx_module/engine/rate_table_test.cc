#include "ngx_module/engine/rate_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher::engine {
namespace {

constexpr uint32_t kNow = 1'800'000'000;
constexpr uint64_t kKey = 0x1234'5678'9abc'def0;
constexpr Rate kRate = {.per_minute = 60, .burst = 10};

class RateTableTest : public ::testing::Test {
 protected:
  RateTableTest() { table_.Format(); }
  // How many of `count` may happen at once.
  int Happens(int count, uint32_t now, uint64_t key = kKey) {
    int happened = 0;
    for (int i = 0; i < count; ++i) {
      if (table_.Wait(key, kRate, now) > 0) continue;
      table_.Spend(key, kRate, now);
      ++happened;
    }
    return happened;
  }

  std::vector<std::byte> memory_ =
      std::vector<std::byte>(RateTable::ShareOf(64 * 1024));
  RateTable table_{memory_};
};

TEST_F(RateTableTest, ABurstMayHappenAndThenAsMuchAsTheRateGives) {
  EXPECT_EQ(Happens(100, kNow), 10);
  EXPECT_EQ(table_.Wait(kKey, kRate, kNow), 1u);
  EXPECT_EQ(Happens(100, kNow), 0);
  EXPECT_EQ(Happens(100, kNow + 1), 1);
  EXPECT_EQ(Happens(100, kNow + 4), 3);
  EXPECT_EQ(Happens(100, kNow + 3600), 10);
}

TEST_F(RateTableTest, OneKeySpendsNothingOfAnothers) {
  Happens(100, kNow);
  EXPECT_EQ(Happens(100, kNow, kKey + 1), 10);
}

TEST_F(RateTableTest, WhoSpendsInDebtWaitsNoLongerForIt) {
  for (int i = 0; i < 1000; ++i) table_.Spend(kKey, kRate, kNow);
  EXPECT_EQ(table_.Wait(kKey, kRate, kNow), 1u);
  EXPECT_EQ(Happens(100, kNow + 10), 10);
}

TEST_F(RateTableTest, WithoutARateNothingIsLimited) {
  const Rate none;
  for (int i = 0; i < 100; ++i) table_.Spend(kKey, none, kNow);
  EXPECT_EQ(table_.Wait(kKey, none, kNow), 0u);
}

TEST_F(RateTableTest, AFullSetForgetsWhatWasLongestAgo) {
  for (uint64_t i = 1; i <= 100'000; ++i) {
    table_.Spend(i << 30 | i, kRate, kNow);
  }
  Happens(100, kNow + 1);
  EXPECT_EQ(Happens(100, kNow + 1), 0) << "the newest is kept";
}

TEST_F(RateTableTest, RemembersWhatWasSeenLately) {
  EXPECT_FALSE(table_.Knows(kKey));
  table_.Remember(kKey, kNow);
  EXPECT_TRUE(table_.Knows(kKey));
  EXPECT_FALSE(table_.Knows(kKey + 1));
  table_.Forget(kKey);
  EXPECT_FALSE(table_.Knows(kKey));
}

}  // namespace
}  // namespace usher::engine
