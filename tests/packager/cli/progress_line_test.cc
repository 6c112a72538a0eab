#include "packager/cli/progress_line.h"

#include <gtest/gtest.h>

namespace usher::cli {
namespace {

using std::chrono::duration;

TEST(ProgressLine, TellsPercentSpeedAndTimeLeft) {
  EXPECT_EQ(FormatProgress("packaging", 0.25, 900, duration<double>(30)),
            "packaging  25 %   30.0x  1:30 left");
}

TEST(ProgressLine, TellsNoSpeedWhereThereIsNone) {
  EXPECT_EQ(FormatProgress("checking", 0.5, 0, duration<double>(65)),
            "checking  50 %  1:05 left");
}

TEST(ProgressLine, PromisesNothingAtTheStart) {
  EXPECT_EQ(FormatProgress("checking", 0, 0, duration<double>(0)),
            "checking   0 %");
}

TEST(ProgressLine, NeverLeavesItsBounds) {
  EXPECT_EQ(FormatProgress("packaging", 1.2, 60, duration<double>(10)),
            "packaging 100 %    6.0x  0:00 left");
  EXPECT_EQ(FormatProgress("packaging", -1, 60, duration<double>(10)),
            "packaging   0 %");
}

}  // namespace
}  // namespace usher::cli
