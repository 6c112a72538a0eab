#include "core/base/secret_bytes.h"

#include <gtest/gtest.h>

#include <utility>

namespace usher {
namespace {

TEST(SecretBytes, LeavesNothingBehindInWhatItMovedFrom) {
  SecretBytes from(AsBytes("secret"));
  const SecretBytes to(std::move(from));
  EXPECT_EQ(AsText(to.view()), "secret");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): the point
}

TEST(SecretBytes, ClonesOnlyOnRequestAndIndependently) {
  SecretBytes one(AsBytes("secret"));
  const SecretBytes other = one.Clone();
  one.writable()[0] = 'x';
  EXPECT_EQ(AsText(other.view()), "secret");
}

TEST(Wipe, OverwritesEveryByte) {
  Bytes bytes(100, 0xaa);
  Wipe(bytes);
  EXPECT_EQ(bytes, Bytes(100, 0));
}

TEST(EqualInConstantTime, TellsEveryDifferingBit) {
  for (const size_t size : {1, 7, 8, 9, 16, 80, 83}) {
    const Bytes a(size, 7);
    EXPECT_TRUE(EqualInConstantTime(a, Bytes(size, 7)));
    for (size_t bit = 0; bit < size * 8; ++bit) {
      Bytes b = a;
      b[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      EXPECT_FALSE(EqualInConstantTime(a, b)) << size << ", bit " << bit;
    }
    EXPECT_FALSE(EqualInConstantTime(a, Bytes(size - 1, 7)));
  }
  EXPECT_TRUE(EqualInConstantTime({}, {}));
}

}  // namespace
}  // namespace usher
