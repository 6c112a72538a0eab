#include "ngx_module/engine/player_report.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace usher::engine {
namespace {

std::optional<PlayerReport> OfQuery(std::string_view query) {
  return ReadPlayerReport(query, {});
}

std::optional<PlayerReport> OfHeaders(std::vector<std::string_view> headers) {
  return ReadPlayerReport({}, headers);
}

TEST(PlayerReport, IsReadFromTheArgument) {
  const auto report =
      OfQuery("a=b&CMCD=br%3D3200%2Cbs%2Cmtp%3D25400%2Cltc%3D2100%2Cmsd%3D640");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bitrate, 3200u);
  EXPECT_EQ(report->throughput, 25400u);
  EXPECT_EQ(report->latency, 2100u);
  EXPECT_EQ(report->start_delay, 640u);
  EXPECT_TRUE(report->starved);
  EXPECT_FALSE(report->starting);
}

TEST(PlayerReport, IsReadFromSeveralHeaders) {
  const auto report = OfHeaders({"br=3200,ot=v", "mtp=25400,su", "bs"});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->bitrate, 3200u);
  EXPECT_EQ(report->throughput, 25400u);
  EXPECT_TRUE(report->starved);
  EXPECT_TRUE(report->starting);
}

TEST(PlayerReport, IsNothingWherePlayersSayNothing) {
  EXPECT_FALSE(OfQuery(""));
  EXPECT_FALSE(OfQuery("_HLS_msn=3"));
  EXPECT_FALSE(OfHeaders({}));
}

TEST(PlayerReport, LeavesOutNumbersThatNobodyCanMean) {
  for (const char* const said :
       {"br=1000001", "br=-1", "br=99999999999999999999", "br=1.5",
        "br=", "br=0x10", "br=1e3"}) {
    const auto report = OfHeaders({said});
    ASSERT_TRUE(report) << said;
    EXPECT_FALSE(report->bitrate) << said;
  }
  EXPECT_FALSE(OfHeaders({"mtp=10000001"})->throughput);
  EXPECT_FALSE(OfHeaders({"msd=600001"})->start_delay);
  EXPECT_FALSE(OfHeaders({"ltc=3600001"})->latency);
}

}  // namespace
}  // namespace usher::engine
