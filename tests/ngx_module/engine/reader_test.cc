#include "ngx_module/engine/reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace usher::engine {
namespace {

namespace fs = std::filesystem;
using fs::perms;

// A user that owns nothing here, and a group that is not ours.
constexpr uid_t kStranger = 54321;
constexpr gid_t kStrangeGroup = 54321;

class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() {
    fs::permissions(directory_.path(),
                    perms::owner_all | perms::group_exec | perms::others_exec);
    testing::WriteFile(file_, "x");
  }
  void Allow(perms mode) { fs::permissions(file_, mode); }

  testing::TempDir directory_;
  const fs::path file_ = directory_ / "secret";
  const Reader stranger_{"stranger", kStranger, kStrangeGroup};
  const Reader colleague_{"colleague", kStranger, getegid()};
};

TEST_F(ReaderTest, OthersNeedTheBitForOthers) {
  Allow(perms::owner_read | perms::group_read);
  EXPECT_FALSE(stranger_.CheckFile(file_));
  Allow(perms::owner_read | perms::others_read);
  EXPECT_TRUE(stranger_.CheckFile(file_));
}

TEST_F(ReaderTest, TheGroupNeedsTheBitForTheGroup) {
  Allow(perms::owner_read | perms::group_read);
  EXPECT_TRUE(colleague_.CheckFile(file_));
  Allow(perms::owner_read | perms::others_read);
  EXPECT_FALSE(colleague_.CheckFile(file_)) << "as the kernel sees it";
}

TEST_F(ReaderTest, ADirectoryThatCannotBeEnteredHidesTheFile) {
  Allow(perms::owner_read | perms::others_read);
  fs::permissions(directory_.path(), perms::owner_all);
  const Status refused = stranger_.CheckFile(file_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().OneLine().contains(directory_.path().string()));
}

TEST_F(ReaderTest, DirectoriesAreCheckedForEntering) {
  EXPECT_TRUE(stranger_.CheckDirectory(directory_.path()));
  fs::permissions(directory_.path(), perms::owner_all);
  EXPECT_FALSE(stranger_.CheckDirectory(directory_.path()));
  EXPECT_FALSE(Reader().CheckDirectory(file_)) << "a file";
  EXPECT_FALSE(Reader().CheckDirectory(directory_ / "absent"));
}

TEST_F(ReaderTest, RootAndTheProcessItselfReadWhatTheyRead) {
  Allow(perms::owner_read);
  EXPECT_TRUE(Reader().CheckFile(file_));
  EXPECT_TRUE(Reader("root", 0, 0).CheckFile(file_));
}

}  // namespace
}  // namespace usher::engine
