#include "packager/pipeline/crypto_periods.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

// `count` segments of 6 s from 1 s on; the first numbers of all periods, of a
// clear one negative.
std::vector<int64_t> Plan(double rotation, double clear_lead, int count = 10) {
  std::vector<MediaTime> starts;
  for (int i = 0; i < count; ++i) starts.push_back({1 + 6 * i, 1});
  config::KeyOptions options;
  options.rotation = rotation;
  options.clear_lead = clear_lead;
  const auto periods = PlanCryptoPeriods(starts, options);
  if (!periods) return {};
  std::vector<int64_t> numbers;
  for (const CryptoPeriod& period : *periods) {
    const auto number = static_cast<int64_t>(period.first_number);
    EXPECT_EQ(period.at, starts[period.first_number - 1]);
    numbers.push_back(period.clear ? -number : number);
  }
  return numbers;
}

using Numbers = std::vector<int64_t>;

TEST(CryptoPeriods, AreOneWithoutRotation) {
  EXPECT_EQ(Plan(0, 0), Numbers{1});
}

TEST(CryptoPeriods, BeginAtSegments) {
  EXPECT_EQ(Plan(20, 0), (Numbers{1, 5, 8}));
}

TEST(CryptoPeriods, FollowAClearLead) {
  EXPECT_EQ(Plan(0, 7), (Numbers{-1, 3}));
  EXPECT_EQ(Plan(0, 6), (Numbers{-1, 2}));
  EXPECT_EQ(Plan(20, 6), (Numbers{-1, 2, 5, 8}));
}

TEST(CryptoPeriods, AreNotCutWithinAClearLead) {
  EXPECT_EQ(Plan(20, 30), (Numbers{-1, 6, 8}));
}

TEST(CryptoPeriods, LeaveSomethingToEncrypt) {
  EXPECT_EQ(Plan(0, 54), (Numbers{-1, 10}));
  EXPECT_EQ(Plan(0, 55), Numbers{});
}

}  // namespace
}  // namespace usher
