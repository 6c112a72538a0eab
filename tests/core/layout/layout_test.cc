#include "core/layout/layout.h"

#include <gtest/gtest.h>

namespace usher::layout {
namespace {

constexpr char kKid[] = "00112233445566778899aabbccddeeff";

TEST(Layout, ARevisionHasDirectoriesOfItsOwn) {
  EXPECT_EQ(TrackDirectory("v720", 1), "v720");
  EXPECT_EQ(TrackDirectory("v720", 2), "v720.2");
}

TEST(Layout, AClockUriStaysBelowTheSession) {
  EXPECT_EQ(ClockUri(0), "../usher/time");  // /s/SESSION/film/manifest.mpd
  EXPECT_EQ(ClockUri(1), "../../usher/time");
}

TEST(Layout, AKeyUriLeadsToTheEventFromAnyDepth) {
  const auto kid = *keys::KeyId::Parse(kKid);
  EXPECT_EQ(KeyUri(kid, 0), std::string("key/") + kKid);
  EXPECT_EQ(KeyUri(kid, 1), std::string("../key/") + kKid);
  EXPECT_EQ(KeyUri(kid, 2), std::string("../../key/") + kKid);
}

TEST(Layout, ASegmentIsNamedByItsNumber) {
  EXPECT_EQ(SegmentName(1, "m4s"), "1.m4s");
  EXPECT_EQ(SegmentName(18446744073709551615U, "ts"),
            "18446744073709551615.ts");
}

}  // namespace
}  // namespace usher::layout
