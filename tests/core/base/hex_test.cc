#include "core/base/hex.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

TEST(Hex, WritesLowerCaseAndReadsEither) {
  const Bytes bytes = {0x00, 0x09, 0xaf, 0xff};
  EXPECT_EQ(ToHex(bytes), "0009afff");
  EXPECT_EQ(FromHex("0009afff"), bytes);
  EXPECT_EQ(FromHex("0009AFfF"), bytes);
  EXPECT_EQ(FromHex(""), Bytes{});
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* text : {"0", "abc", "0g", "g0", "0x12", " 12", "12 ", "1-",
                           "@0", "/0", ":0", "`0", "G0"}) {
    EXPECT_FALSE(FromHex(text)) << text;
  }
}

}  // namespace
}  // namespace usher
