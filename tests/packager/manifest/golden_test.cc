// Whole presentations against the files in tests/data/manifests, byte for
// byte. After a change that is meant, run this program with
// USHER_UPDATE_GOLDEN=1 and read the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "packager/manifest/manifests.h"
#include "tests/packager/manifest/presentations.h"
#include "tests/support/temp_dir.h"

namespace usher::manifest {
namespace {

namespace fs = std::filesystem;

struct Golden {
  const char* name;
  Presentation (*make)();
};

class GoldenFiles : public ::testing::TestWithParam<Golden> {
 protected:
  const fs::path directory_ =
      fs::path("tests/data/manifests") / GetParam().name;
};

TEST_P(GoldenFiles, AreWhatIsWritten) {
  const bool update = std::getenv("USHER_UPDATE_GOLDEN") != nullptr;
  std::set<fs::path> written;
  for (const ManifestFile& file : WriteManifests(GetParam().make())) {
    const fs::path golden = directory_ / file.path;
    written.insert(golden);
    if (update) {
      fs::create_directories(golden.parent_path());
      ::usher::testing::WriteFile(golden, file.text);
    }
    ASSERT_TRUE(fs::exists(golden)) << golden;
    EXPECT_EQ(::usher::testing::ReadFile(golden), file.text) << golden;
  }
  for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
    if (entry.is_directory()) continue;
    EXPECT_TRUE(written.contains(entry.path()))
        << entry.path() << " is no longer written";
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenFiles,
    ::testing::Values(Golden{"ladder", Ladder},
                      Golden{"nested-cbcs", NestedCbcs},
                      Golden{"second-revision", SecondRevision},
                      Golden{"rotated-cenc", RotatedCenc}, Golden{"jump", Jump},
                      Golden{"radio", Radio}, Golden{"subtitled", Subtitled}),
    [](const auto& golden) {
      std::string name = golden.param.name;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace usher::manifest
