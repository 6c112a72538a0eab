#include "core/keys/private_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "tests/support/temp_dir.h"

namespace usher::keys {
namespace {

using ::usher::testing::ReadFile;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;
namespace fs = std::filesystem;

// As long as it lives, no file grows beyond `size`: what a full disk does,
// without a disk.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t size) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

std::ptrdiff_t EntriesIn(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), {});
}

TEST(PrivateFile, IsLeftAsItIsWhereItExists) {
  TempDir directory;
  const fs::path file = directory / "k.key";
  EXPECT_EQ(CreatePrivateFile(file, AsBytes("first")), true);
  EXPECT_EQ(CreatePrivateFile(file, AsBytes("second")), false);
  EXPECT_EQ(ReadFile(file), "first");
  EXPECT_EQ(EntriesIn(directory.path()), 1);
}

TEST(PrivateFile, IsNotMadeOverADanglingLink) {
  TempDir directory;
  const fs::path file = directory / "k.key";
  fs::create_symlink(directory / "elsewhere", file);
  EXPECT_EQ(CreatePrivateFile(file, AsBytes("secret")), false);
  EXPECT_FALSE(fs::exists(directory / "elsewhere"));
}

TEST(PrivateFile, IsNotThereAtAllWhenTheDiskIsFull) {
  TempDir directory;
  const fs::path file = directory / "k.key";
  Result<bool> created;
  {
    const SmallDisk disk(10);
    created = CreatePrivateFile(file, AsBytes(std::string(68, 'x')));
  }
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::kFailed);
  EXPECT_EQ(
      created.error().OneLine(),
      file.string() + ": cannot be written (File too large); free some space");
  EXPECT_EQ(EntriesIn(directory.path()), 0);
}

TEST(PrivateFile, CannotBeMadeBelowAFile) {
  TempDir directory;
  WriteFile(directory / "film", "");
  const auto created =
      CreatePrivateFile(directory / "film/k.key", AsBytes("secret"));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(created.error().OneLine().find("is no directory"),
            std::string::npos);
}

}  // namespace
}  // namespace usher::keys
