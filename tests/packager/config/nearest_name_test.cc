#include "packager/config/nearest_name.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace usher::config {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"output", "event", "key",
                                                    "key-store"};

TEST(NearestName, IsTheOneWithTheFewestEdits) {
  EXPECT_EQ(NearestName("ouput", kNames), "output");
  EXPECT_EQ(NearestName("evnet", kNames), "event");
  EXPECT_EQ(NearestName("keystore", kNames), "key-store");
  EXPECT_EQ(NearestName("kye", kNames), "key");
}

TEST(NearestName, IsNothingWhereNoneIsNear) {
  EXPECT_EQ(NearestName("bitrate", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName(std::string(1 << 20, 'k'), kNames), "");
  EXPECT_EQ(NearestName("output", {}), "");
}

}  // namespace
}  // namespace usher::config
