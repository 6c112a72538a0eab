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

TEST(EqualInConstantTime, TellsEveryDifferingByte) {
  const Bytes a(16, 7);
  EXPECT_TRUE(EqualInConstantTime(a, Bytes(16, 7)));
  for (size_t i = 0; i < a.size(); ++i) {
    Bytes b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(EqualInConstantTime(a, b));
  }
  EXPECT_FALSE(EqualInConstantTime(a, Bytes(15, 7)));
  EXPECT_TRUE(EqualInConstantTime({}, {}));
}

}  // namespace
}  // namespace usher
