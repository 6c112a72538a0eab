#include "ngx_module/engine/nonce_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/hop/hop.h"

namespace usher::engine {
namespace {

constexpr uint32_t kNow = 1'800'000'000;

hop::Stamp Nth(uint64_t n, uint32_t time = kNow) {
  hop::Stamp stamp{.box = 1, .time = time};
  std::memcpy(stamp.nonce.data(), &n, sizeof(n));
  const auto spread = static_cast<uint32_t>(n * 2654435761u >> 7);
  std::memcpy(stamp.nonce.data() + sizeof(n), &spread, sizeof(spread));
  return stamp;
}

class NonceMemoryTest : public ::testing::Test {
 protected:
  NonceMemoryTest() { memory_.Format(); }
  std::vector<std::byte> bytes_ = std::vector<std::byte>(1 << 16);
  NonceMemory memory_{bytes_};
};

TEST_F(NonceMemoryTest, ANonceIsGoodOnce) {
  EXPECT_TRUE(memory_.Remember(Nth(1), kNow));
  EXPECT_FALSE(memory_.Remember(Nth(1), kNow));
  EXPECT_FALSE(memory_.Remember(Nth(1), kNow + hop::kWindow));
  EXPECT_TRUE(memory_.Remember(Nth(2), kNow));
}

TEST_F(NonceMemoryTest, ItsRoomIsFreeWhenItsTimeIsOver) {
  // More in all than there is room for, but never within a window.
  for (uint64_t n = 1; n < 100'000; ++n) {
    const auto now = static_cast<uint32_t>(kNow + n);
    ASSERT_TRUE(memory_.Remember(Nth(n, now), now)) << n;
  }
}

// The flood narrows the window; it does not let one nonce through twice.
TEST_F(NonceMemoryTest, AFloodNeverMakesANonceGoodAgain) {
  std::vector<uint64_t> accepted;
  for (uint64_t n = 1; n < 50'000; ++n) {
    const auto now = static_cast<uint32_t>(kNow + n / 2'000);
    if (memory_.Remember(Nth(n, now), now)) accepted.push_back(n);
  }
  ASSERT_GT(accepted.size(), 5'000u);
  for (const uint64_t n : accepted) {
    const auto time = static_cast<uint32_t>(kNow + n / 2'000);
    ASSERT_FALSE(memory_.Remember(Nth(n, time), kNow + 24)) << n;
  }
}

TEST_F(NonceMemoryTest, AfterAFloodNewRequestsAreGood) {
  for (uint64_t n = 1; n < 50'000; ++n) memory_.Remember(Nth(n), kNow);
  EXPECT_FALSE(memory_.Remember(Nth(60'000), kNow)) << "of the same second";
  EXPECT_TRUE(memory_.Remember(Nth(60'001, kNow + 1), kNow + 1));
}

TEST_F(NonceMemoryTest, KnowsItsOwnLayout) {
  EXPECT_TRUE(memory_.IsUsable());
  EXPECT_FALSE(NonceMemory(std::span(bytes_).first(8192)).IsUsable());
}

}  // namespace
}  // namespace usher::engine
