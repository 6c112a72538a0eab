#include "ngx_module/engine/slot_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace usher::engine {
namespace {

constexpr uint32_t kNow = 1'800'000'000;

class SlotPoolTest : public ::testing::Test {
 protected:
  SlotPoolTest() : memory_(SlotPool::kMinimumSize), pool_(memory_) {
    pool_.Format();
  }
  static SlotId Id(uint64_t number) {
    SlotId id;
    std::memcpy(id.data(), &number, sizeof(number));
    std::ranges::reverse(id);
    return id;
  }
  static Slot Make(uint64_t id, uint64_t ticket = 0,
                   SlotKind kind = SlotKind::kSeated) {
    Slot slot;
    slot.id = Id(id);
    slot.ticket = Id(ticket);
    slot.expires = kNow + 100;
    slot.kind = kind;
    return slot;
  }
  Slot* Add(uint64_t id, uint64_t ticket = 0, SlotKind kind = SlotKind::kSeated,
            uint32_t now = kNow) {
    const SlotPool::Change change(pool_);
    return pool_.Add(Make(id, ticket, kind), now);
  }
  size_t SeatsOf(uint64_t ticket) const {
    size_t count = 0;
    for (const Slot* slot = pool_.FirstOfTicket(Id(ticket)); slot != nullptr;
         slot = pool_.NextOfTicket(*slot)) {
      ++count;
    }
    return count;
  }
  bool Has(uint64_t id) const { return pool_.FindSession(Id(id)) != nullptr; }

  std::vector<std::byte> memory_;
  SlotPool pool_;
};

TEST_F(SlotPoolTest, FindsByIdAndByTicket) {
  Add(1, 7);
  Add(2, 7);
  Add(3, 8);
  EXPECT_TRUE(Has(1));
  EXPECT_FALSE(Has(4));
  EXPECT_EQ(SeatsOf(7), 2u);
  EXPECT_EQ(SeatsOf(8), 1u);
  EXPECT_EQ(SeatsOf(9), 0u);
}

TEST_F(SlotPoolTest, OtherKindsOfOneIdAreOtherRecords) {
  Add(1, 1, SlotKind::kRevokedTicket);
  EXPECT_FALSE(Has(1));
  EXPECT_EQ(pool_.Find(SlotKind::kQuarrel, Id(1)), nullptr);
  ASSERT_NE(pool_.Find(SlotKind::kRevokedTicket, Id(1)), nullptr);
  EXPECT_EQ(SeatsOf(1), 0u) << "only a seat is a seat";
}

TEST_F(SlotPoolTest, ASessionThatIsEvictedHoldsNoSeatButIsFound) {
  Slot* slot = Add(1, 7);
  pool_.Become(*slot, SlotKind::kEvicted);
  EXPECT_EQ(SeatsOf(7), 0u);
  ASSERT_TRUE(Has(1));
  EXPECT_EQ(pool_.CountOf(SlotKind::kEvicted), 1u);
  EXPECT_EQ(pool_.CountOf(SlotKind::kSeated), 0u);
  pool_.Remove(*slot);
  EXPECT_FALSE(Has(1));
}

TEST_F(SlotPoolTest, AFullPoolDisplacesTheLongestUnusedSession) {
  for (uint64_t i = 0; i < pool_.Capacity(); ++i) Add(i);
  pool_.Use(*pool_.FindSession(Id(0)), kNow + 1);
  Add(10'000);
  EXPECT_TRUE(Has(0)) << "was used last";
  EXPECT_FALSE(Has(1)) << "made room";
  EXPECT_EQ(pool_.displaced(), 1u);
}

TEST_F(SlotPoolTest, ATombstoneIsNeverDisplaced) {
  const uint64_t capacity = pool_.Capacity();
  for (uint64_t i = 0; i + 1 < capacity; ++i) Add(i, 0, SlotKind::kEvicted);
  for (uint64_t i = 0; i < 100; ++i) ASSERT_NE(Add(50'000 + i), nullptr);
  for (uint64_t i = 0; i + 1 < capacity; ++i) EXPECT_TRUE(Has(i)) << i;
  ASSERT_NE(Add(1'000'000, 0, SlotKind::kEvicted), nullptr);
  EXPECT_EQ(Add(60'000), nullptr) << "nothing but tombstones";
}

TEST_F(SlotPoolTest, WhatHasEndedIsReclaimedBeforeAnybodyIsDisplaced) {
  for (uint64_t i = 0; i < pool_.Capacity(); ++i) {
    Add(i, 0, i % 2 == 0 ? SlotKind::kEvicted : SlotKind::kSeated);
  }
  for (uint64_t i = 0; i < pool_.Capacity(); ++i) {
    ASSERT_NE(Add(10'000 + i, 0, SlotKind::kSeated, kNow + 100), nullptr);
  }
  EXPECT_EQ(pool_.displaced(), 0u);
  EXPECT_EQ(pool_.CountOf(SlotKind::kEvicted), 0u);
}

TEST_F(SlotPoolTest, AnotherViewOfTheSameMemorySeesTheSame) {
  Add(1);
  const SlotPool other(memory_);
  EXPECT_TRUE(other.IsUsable());
  EXPECT_NE(other.FindSession(Id(1)), nullptr);
}

TEST_F(SlotPoolTest, MemoryOfAnotherLayoutIsNotUsable) {
  EXPECT_FALSE(
      SlotPool(std::span(memory_).first(memory_.size() - 1024)).IsUsable());
  memory_[0] ^= std::byte{1};
  EXPECT_FALSE(pool_.IsUsable());
}

// What a worker that is killed inside the lock leaves: a Change that does not
// end, and threads that lead anywhere.
class TornPoolTest : public SlotPoolTest {
 protected:
  void Tear() {
    alignas(SlotPool::Change) std::byte change[sizeof(SlotPool::Change)];
    new (change) SlotPool::Change(pool_);
    std::minstd_rand random(1);
    // The chains begin behind the header, which is under 128 bytes.
    for (size_t i = 128; i < 128 + pool_.Capacity() * 4; ++i) {
      memory_[i] = static_cast<std::byte>(random());
    }
    for (const Slot& slot : pool_.slots()) {
      auto& torn = const_cast<Slot&>(slot);
      torn.next_by_id = static_cast<uint32_t>(random());
      torn.earlier = static_cast<uint32_t>(random());
      torn.later = static_cast<uint32_t>(random());
    }
  }
};

TEST_F(TornPoolTest, TheNextChangeThreadsTheSlotsAnew) {
  for (uint64_t i = 0; i < pool_.Capacity(); ++i) Add(i, i % 3);
  pool_.Use(*pool_.FindSession(Id(0)), kNow);
  const size_t seats = SeatsOf(1);
  Tear();
  Add(10'000, 1);
  EXPECT_FALSE(Has(1)) << "the order of use is what it was";
  EXPECT_TRUE(Has(0));
  EXPECT_TRUE(Has(2));
  EXPECT_EQ(SeatsOf(1), seats) << "one went, one came";
}

TEST_F(TornPoolTest, ASlotOfNoKnownKindIsFreed) {
  Slot* slot = Add(1);
  slot->kind = static_cast<SlotKind>(200);
  Tear();
  Add(2);
  EXPECT_FALSE(Has(1));
  for (uint64_t i = 3; i < 2 + pool_.Capacity(); ++i) Add(i);
  EXPECT_EQ(pool_.displaced(), 0u) << "no slot was lost";
}

}  // namespace
}  // namespace usher::engine
