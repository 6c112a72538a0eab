#include "packager/cli/verification.h"

#include <gtest/gtest.h>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/inspect/good_presentation.h"
#include "tests/support/test_media.h"

namespace usher::inspect::testing {
namespace {

using usher::testing::RunUsher;
using usher::testing::TempDir;

TEST(Verification, PassesWhatWasJustPackagedInEveryScheme) {
  const TempDir dir;
  const auto outcome =
      RunUsher({"package", usher::testing::TestMedia("film.mp4"), "-o",
                dir / "out", "--event", "film", "--encryption",
                "cbcs,cenc,aes-128", "--verify", "--key-store", dir / "keys",
                "--master-key", dir / "master.key", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(outcome.err.empty()) << outcome.err;
}

TEST(Verification, FailsWhereAnErrorIsFound) {
  Presentation broken(Good::kClear);
  broken.Remove("v180/2.m4s");
  PackageReport report;
  report.event = "event";
  report.directory = broken.directory();
  report.schemes.push_back(
      {.scheme = Scheme::kNone, .directory = "", .kids = {}, .playlists = {}});
  ::testing::internal::CaptureStderr();
  const Status verified = cli::Verify(report, config::PackageOptions{});
  const std::string lines = ::testing::internal::GetCapturedStderr();
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().kind, ErrorKind::kFailed);
  EXPECT_NE(lines.find("file-missing"), std::string::npos) << lines;
}

}  // namespace
}  // namespace usher::inspect::testing
