#include "packager/config/duration.h"

#include <gtest/gtest.h>

namespace usher::config {
namespace {

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(ParseDuration("0"), 0);
  EXPECT_EQ(ParseDuration("90"), 90);
  EXPECT_EQ(ParseDuration("1.5s"), 1.5);
  EXPECT_EQ(ParseDuration("10m"), 600);
  EXPECT_EQ(ParseDuration("2h"), 7200);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "m", "-1", "10 m", "10min", "1:30", "nan", "inf",
                           "1e400", "1e308h", "0x10", "s10"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace usher::config
