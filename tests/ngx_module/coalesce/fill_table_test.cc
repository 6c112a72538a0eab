#include "ngx_module/engine/fill_table.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace usher::engine {
namespace {

constexpr int32_t kPid = 100;
constexpr int32_t kOtherPid = 200;

FillKey Key(uint16_t number) {
  return {static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8)};
}

// A table and the time of day, told in milliseconds since the test began.
class FillTableTest : public testing::Test {
 protected:
  explicit FillTableTest(size_t size = 16384) : memory_((size + 7) / 8) {
    FillTable::Format(std::as_writable_bytes(std::span(memory_)));
  }

  FillTable table() { return FillTable(memory_.data()); }
  FillEntry Enter(const FillKey& key, int32_t pid = kPid) {
    return table().Enter(key, pid, now_);
  }
  uint64_t Lead(const FillKey& key, int32_t pid = kPid) {
    const FillEntry entry = Enter(key, pid);
    EXPECT_EQ(entry.step, FillStep::kLead);
    return entry.fill;
  }
  bool End(const FillKey& key, uint64_t fill, FillOutcome outcome,
           int64_t fresh_for = 0) {
    return table().End(key, fill, outcome, now_ + fresh_for, now_);
  }

  std::vector<uint64_t> memory_;
  int64_t now_ = 1'800'000'000'000;
};

TEST_F(FillTableTest, KnowsItsOwnLayoutAndNoOther) {
  EXPECT_TRUE(FillTable::Usable(memory_.data()));
  memory_[0] ^= 1;
  EXPECT_FALSE(FillTable::Usable(memory_.data()));
}

TEST_F(FillTableTest, TheFirstLeadsAndTheOthersFollowHer) {
  const uint64_t fill = Lead(Key(1));
  for (const int32_t pid : {kPid, kOtherPid}) {
    const FillEntry entry = Enter(Key(1), pid);
    EXPECT_EQ(entry.step, FillStep::kFollow);
    EXPECT_EQ(entry.fill, fill);
  }
  EXPECT_TRUE(table().UnderWay(Key(1), fill, now_));
}

TEST_F(FillTableTest, KeysDoNotMeet) {
  std::set<uint64_t> fills;
  for (uint16_t number = 0; number < 64; ++number) {
    fills.insert(Lead(Key(number)));
  }
  EXPECT_EQ(fills.size(), 64U);
}

TEST_F(FillTableTest, AStoredObjectIsFreshUntilItExpires) {
  End(Key(1), Lead(Key(1)), FillOutcome::kStored, 2000);
  now_ += 2000;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kFresh);
  now_ += 1;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead);
}

TEST_F(FillTableTest, TheCacheIsAskedAgainBeforeALongLifetimeEnds) {
  End(Key(1), Lead(Key(1)), FillOutcome::kStored, int64_t{86'400'000});
  now_ += FillTable::kTrustFreshMs + 1;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead);
}

TEST_F(FillTableTest, WhoMissesWhatIsThoughtFreshLeads) {
  End(Key(1), Lead(Key(1)), FillOutcome::kStored, 2000);
  EXPECT_EQ(table().Enter(Key(1), kPid, now_, true).step, FillStep::kLead);
  EXPECT_EQ(table().Enter(Key(1), kPid, now_, true).step, FillStep::kFollow);
}

TEST_F(FillTableTest, AnObjectExpiredBeforeItWasCompleteIsNotShared) {
  End(Key(1), Lead(Key(1)), FillOutcome::kStored, -1);
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kBypass);
}

TEST_F(FillTableTest, OnlyAFollowedFillWakesAnybody) {
  EXPECT_FALSE(End(Key(1), Lead(Key(1)), FillOutcome::kStored, 2000));
  const uint64_t fill = Lead(Key(2));
  Enter(Key(2));
  EXPECT_TRUE(End(Key(2), fill, FillOutcome::kStored, 2000));
}

TEST_F(FillTableTest, AfterAFailureTheNextLeadsAtOnce) {
  const uint64_t first = Lead(Key(1));
  End(Key(1), first, FillOutcome::kFailed);
  EXPECT_FALSE(table().UnderWay(Key(1), first, now_));
  const uint64_t second = Lead(Key(1), kOtherPid);
  EXPECT_NE(second, first);
  EXPECT_FALSE(table().UnderWay(Key(1), first, now_));
  EXPECT_TRUE(table().UnderWay(Key(1), second, now_));
}

TEST_F(FillTableTest, ALateEndDoesNotTouchTheSuccessor) {
  const uint64_t first = Lead(Key(1));
  End(Key(1), first, FillOutcome::kFailed);
  const uint64_t second = Lead(Key(1));
  EXPECT_FALSE(End(Key(1), first, FillOutcome::kStored, 2000));
  EXPECT_TRUE(table().UnderWay(Key(1), second, now_));
}

TEST_F(FillTableTest, AfterThreeFailuresInARowTheOthersAreRefusedForASecond) {
  for (int leader = 0; leader < FillTable::kFailuresInRow; ++leader) {
    End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
  }
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kRefuse);
  now_ += FillTable::kFailingMs;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kRefuse);
}

TEST_F(FillTableTest, WhileItFailsOneASecondFindsOut) {
  for (int leader = 0; leader < FillTable::kFailuresInRow; ++leader) {
    End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
  }
  for (int second = 0; second < 5; ++second) {
    now_ += FillTable::kFailingMs + 1;
    End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
    EXPECT_EQ(Enter(Key(1)).step, FillStep::kRefuse);
  }
  now_ += FillTable::kFailingMs + 1;
  End(Key(1), Lead(Key(1)), FillOutcome::kStored, 0);
  now_ += 1;
  End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead) << "counted from new";
}

TEST_F(FillTableTest, LeadersThatLeaveHaveNobodyRefused) {
  for (int leader = 0; leader < FillTable::kAbandonedInRow; ++leader) {
    End(Key(1), Lead(Key(1)), FillOutcome::kAbandoned);
  }
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kPass);
  now_ += FillTable::kUnsharedMs + 1;
  Lead(Key(1));
}

TEST_F(FillTableTest, OldFailuresAreForgotten) {
  for (int leader = 0; leader < 10; ++leader) {
    End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
    now_ += FillTable::kUncacheableMs + 1;
  }
}

TEST_F(FillTableTest, SuccessForgivesFailures) {
  for (int leader = 0; leader < 10; ++leader) {
    End(Key(1), Lead(Key(1)), FillOutcome::kFailed);
    End(Key(1), Lead(Key(1)), FillOutcome::kStored, 0);
    now_ += 1;
  }
}

TEST_F(FillTableTest, AnUncacheableKeyIsRememberedForSeconds) {
  End(Key(1), Lead(Key(1)), FillOutcome::kUncacheable);
  now_ += FillTable::kUncacheableMs;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kBypass);
  now_ += 1;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead);
}

TEST_F(FillTableTest, AnAnswerThatWasNotStoredIsRememberedForOneSecond) {
  End(Key(1), Lead(Key(1)), FillOutcome::kUnshared);
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kPass);
  now_ += FillTable::kUnsharedMs + 1;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead);
}

TEST_F(FillTableTest, AfterAFailedRefreshTheOldOneDoesForASecond) {
  EXPECT_FALSE(End(Key(1), Lead(Key(1)), FillOutcome::kStale));
  now_ += FillTable::kFailingMs;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kSpare);
  EXPECT_EQ(table().Enter(Key(1), kPid, now_, true).step, FillStep::kLead)
      << "the cache has none";
  EXPECT_EQ(Enter(Key(2)).step, FillStep::kLead);
  End(Key(2), Enter(Key(2)).fill, FillOutcome::kStale);
  now_ += FillTable::kFailingMs + 1;
  EXPECT_EQ(Enter(Key(2)).step, FillStep::kLead);
}

TEST_F(FillTableTest, ASilentLeaderLosesTheKeyInTheEnd) {
  const uint64_t fill = Lead(Key(1));
  now_ += FillTable::kLongestFillMs;
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kFollow);
  now_ += 1;
  EXPECT_FALSE(table().UnderWay(Key(1), fill, now_));
  EXPECT_EQ(Enter(Key(1)).step, FillStep::kLead);
}

TEST_F(FillTableTest, TheFillsOfTheDeadEndAndTheSuccessorKnowsOfTheLock) {
  const uint64_t dead = Lead(Key(1), kPid);
  const uint64_t living = Lead(Key(2), kOtherPid);
  Enter(Key(1), kOtherPid);
  const auto alive = [](int32_t pid) { return pid == kOtherPid; };
  EXPECT_TRUE(table().EndOfDead(alive, now_));
  EXPECT_FALSE(table().UnderWay(Key(1), dead, now_));
  EXPECT_TRUE(table().UnderWay(Key(2), living, now_));

  const FillEntry successor = Enter(Key(1), kOtherPid);
  EXPECT_EQ(successor.step, FillStep::kLead);
  EXPECT_TRUE(successor.lock_left);
  End(Key(1), successor.fill, FillOutcome::kStored, 0);
  now_ += 1;
  EXPECT_FALSE(Enter(Key(1)).lock_left);
}

TEST_F(FillTableTest, TheDeadWhomNobodyFollowsWakeNobody) {
  Lead(Key(1));
  EXPECT_FALSE(table().EndOfDead([](int32_t) { return false; }, now_));
  EXPECT_FALSE(table().EndOfDead([](int32_t) { return false; }, now_));
}

// One bucket: every key goes to the same eight slots.
class FullFillTableTest : public FillTableTest {
 protected:
  FullFillTableTest() : FillTableTest(FillTable::MinimumSize()) {}
};

TEST_F(FullFillTableTest, WhereEverySlotIsFillingNginxIsOnItsOwn) {
  std::vector<uint64_t> fills;
  for (uint16_t number = 0; number < 8; ++number) {
    fills.push_back(Lead(Key(number)));
  }
  EXPECT_EQ(Enter(Key(8)).step, FillStep::kFull);
  End(Key(3), fills[3], FillOutcome::kStored, 2000);
  EXPECT_EQ(Enter(Key(8)).step, FillStep::kLead);
  EXPECT_EQ(Enter(Key(9)).step, FillStep::kFull);
  EXPECT_EQ(Enter(Key(2)).step, FillStep::kFollow) << "no fill was displaced";
}

TEST_F(FullFillTableTest, WhatExpiresFirstIsForgottenFirst) {
  for (uint16_t number = 0; number < 8; ++number) {
    End(Key(number), Lead(Key(number)), FillOutcome::kStored,
        number == 5 ? 1000 : 5000);
  }
  Lead(Key(8));
  EXPECT_EQ(Enter(Key(4)).step, FillStep::kFresh);
  EXPECT_EQ(table().Enter(Key(5), kPid, now_).step, FillStep::kLead);
}

TEST_F(FullFillTableTest, EndingAForgottenFillIsHarmless) {
  const uint64_t fill = Lead(Key(0));
  for (uint16_t number = 1; number < 8; ++number) Lead(Key(number));
  now_ += FillTable::kLongestFillMs + 1;
  Lead(Key(8));  // takes the slot of one that is overdue
  for (uint16_t number = 0; number < 8; ++number) {
    EXPECT_FALSE(End(Key(number), fill + 1000, FillOutcome::kStored, 2000));
  }
  EXPECT_EQ(Enter(Key(8)).step, FillStep::kFollow);
}

}  // namespace
}  // namespace usher::engine
