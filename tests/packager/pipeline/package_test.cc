#include "packager/pipeline/package.h"

#include <gtest/gtest.h>

#include "tests/fakes/fixed_random.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

// Requests the end once so much of the film was packaged.
class ImpatientProgress final : public Progress {
 public:
  ImpatientProgress(Interrupt& interrupt, double patience)
      : interrupt_(interrupt), patience_(patience) {}
  void Report(std::string_view stage, double fraction,
              double /*media_seconds*/) override {
    if (stage == "packaging" && fraction >= patience_) interrupt_.Request();
  }

 private:
  Interrupt& interrupt_;
  double patience_;
};

config::PackageOptions OptionsIn(const TempDir& directory) {
  config::PackageOptions options;
  options.inputs = {{TestMedia("film.mp4"), {}, {}, {}}};
  options.output = directory / "out";
  options.event = "film";
  options.schemes = {Scheme::kAes128};
  options.segment_duration = 2;
  options.key_store = directory / "keys";
  options.master_key = directory / "master.key";
  return options;
}

TEST(Package, AnInterruptLeavesNothing) {
  for (const double patience : {0.0, 0.5, 0.97}) {
    TempDir directory;
    FixedRandom random;
    Interrupt interrupt;
    ImpatientProgress progress(interrupt, patience);
    const auto report =
        Package(OptionsIn(directory), {random, progress, interrupt});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::kFailed);
    EXPECT_NE(report.error().OneLine().find("interrupted"), std::string::npos);
    EXPECT_TRUE(fs::is_empty(directory / "out"));
    EXPECT_TRUE(fs::is_empty(directory / "keys" / "film"));
  }
}

TEST(Package, ReportsWhatItMade) {
  TempDir directory;
  FixedRandom random;
  Interrupt interrupt;
  ImpatientProgress progress(interrupt, 2);
  const auto report =
      Package(OptionsIn(directory), {random, progress, interrupt});
  ASSERT_TRUE(report) << report.error().OneLine();
  EXPECT_EQ(report->event, "film");
  EXPECT_EQ(report->segments, 4u);
  EXPECT_DOUBLE_EQ(report->seconds, 8);
  ASSERT_EQ(report->tracks.size(), 2u);
  ASSERT_EQ(report->schemes.size(), 1u);
  EXPECT_TRUE(report->schemes[0].kids.size() == 1);
  uint64_t bytes = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(directory / "out" / "film")) {
    if (entry.path().extension() == ".m4s") bytes += entry.file_size();
  }
  EXPECT_EQ(report->bytes, bytes);
}

TEST(Package, ADryRunWritesNothing) {
  TempDir directory;
  FixedRandom random;
  Interrupt interrupt;
  ImpatientProgress progress(interrupt, 2);
  config::PackageOptions options = OptionsIn(directory);
  options.dry_run = true;
  const auto report = Package(options, {random, progress, interrupt});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->segments, 4u);
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

}  // namespace
}  // namespace usher::testing
