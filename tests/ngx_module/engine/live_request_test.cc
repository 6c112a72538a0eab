#include "ngx_module/engine/live_request.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::engine {
namespace {

TEST(ParseLiveRequest, ReadsWhatAPlayerAsksFor) {
  const auto request =
      ParseLiveRequest("_HLS_msn=27&_HLS_part=3&_HLS_skip=YES");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->number, 27U);
  EXPECT_EQ(request->part, 3U);
  EXPECT_TRUE(request->delta);
  const auto v2 = ParseLiveRequest("_HLS_skip=v2&other=1&flag");
  ASSERT_TRUE(v2.has_value());
  EXPECT_TRUE(v2->delta);
  EXPECT_FALSE(v2->number.has_value());
  EXPECT_TRUE(ParseLiveRequest("").has_value());
}

TEST(ParseLiveRequest, RefusesWhatItCannotMean) {
  for (const char* args :
       {"_HLS_msn=", "_HLS_msn", "_HLS_msn=-1", "_HLS_msn=1.5", "_HLS_msn=x",
        "_HLS_msn=1&_HLS_msn=1", "_HLS_part=1",
        "_HLS_msn=1&_HLS_part=", "_HLS_skip=no", "_HLS_skip=YES&_HLS_skip=YES",
        "_HLS_msn=18446744073709551616", "_HLS_msn=1%30"}) {
    EXPECT_FALSE(ParseLiveRequest(args).has_value()) << args;
  }
}

TEST(ParsePartName, TellsAPartFromASegment) {
  const auto part = ParsePartName("12.3.m4s");
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->number, 12U);
  EXPECT_EQ(part->part, 3U);
  for (const char* name :
       {"12.m4s", "12.3.ts", "a.3.m4s", "12.3.4.m4s", ".3.m4s", "12..m4s", "12",
        "", "99999999999999999999.0.m4s"}) {
    EXPECT_FALSE(ParsePartName(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace usher::engine
