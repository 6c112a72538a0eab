#include "core/base/sip_hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher {
namespace {

// The paper's appendix A, and the first and last of the reference
// implementation's table: key 00 01 .. 0f, message 00 01 .. n-1.
constexpr SipKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

uint64_t HashOfCounting(size_t size) {
  Bytes message(size);
  for (size_t i = 0; i < size; ++i) message[i] = static_cast<uint8_t>(i);
  return SipHash(kKey, message);
}

TEST(SipHash, IsWhatItsAuthorsSay) {
  EXPECT_EQ(HashOfCounting(15), 0xa129ca6149be45e5);
  EXPECT_EQ(HashOfCounting(0), 0x726fdb47dd0e0e31);
  EXPECT_EQ(HashOfCounting(8), 0x93f5f5799a932462);
  EXPECT_EQ(HashOfCounting(63), 0x958a324ceb064572);
}

TEST(SipHash, OfAnotherKeyIsAnother) {
  EXPECT_NE(SipHash({1, 2}, AsBytes("text")), SipHash({1, 3}, AsBytes("text")));
  EXPECT_NE(SipHash({1, 2}, AsBytes("text")), SipHash({0, 2}, AsBytes("text")));
}

}  // namespace
}  // namespace usher
