#include "core/base/parse_number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace usher {
namespace {

TEST(ParseNumber, TakesDigitsAndNothingElse) {
  EXPECT_EQ(ParseNumber<uint8_t>("255"), 255);
  EXPECT_EQ(ParseNumber<int32_t>("-7"), -7);
  EXPECT_EQ(ParseNumber<uint64_t>("007"), 7u);
  for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "0x1", "1e3", "-"}) {
    EXPECT_FALSE(ParseNumber<int64_t>(bad)) << bad;
  }
  EXPECT_FALSE(ParseNumber<uint8_t>("256"));
  EXPECT_FALSE(ParseNumber<uint32_t>("-1"));
}

}  // namespace
}  // namespace usher
