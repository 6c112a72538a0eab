#include "packager/storage/directory_storage.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/support/temp_dir.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using testing::ReadFile;
using testing::TempDir;
using testing::WriteFile;

Status Put(DirectoryStorage& storage, std::string_view path,
           std::string_view text) {
  const ByteView piece = AsBytes(text);
  return storage.Put(path, {&piece, 1});
}

size_t FilesBelow(const fs::path& directory) {
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

TEST(DirectoryStorage, StoresThePiecesOneAfterAnother) {
  TempDir root;
  DirectoryStorage storage(root.path());
  const std::vector<ByteView> pieces = {AsBytes("head"), AsBytes(""),
                                        AsBytes("body")};
  ASSERT_TRUE(storage.Put("v720/1.m4s", pieces));
  EXPECT_EQ(ReadFile(root / "v720" / "1.m4s"), "headbody");
  EXPECT_EQ(FilesBelow(root.path()), 1u);
}

TEST(DirectoryStorage, JoinsBytesAndTheRestOfFilesWhichThenAreGone) {
  TempDir root;
  DirectoryStorage storage(root.path());
  const std::string large(3 << 20, 'x');
  ASSERT_TRUE(Put(storage, "v720/init.mp4", "init"));
  ASSERT_TRUE(Put(storage, "v720/1.m4s", "styp" + large));
  ASSERT_TRUE(Put(storage, "v720/2.m4s", "styp"));
  const std::vector<JoiningStorage::Part> parts = {{{}, "v720/init.mp4", 0},
                                                   {AsBytes("sidx"), {}, 0},
                                                   {{}, "v720/1.m4s", 4},
                                                   {{}, "v720/2.m4s", 4}};
  ASSERT_TRUE(storage.Join("v720/v720.mp4", parts));
  EXPECT_EQ(ReadFile(root / "v720" / "v720.mp4"), "initsidx" + large);
  EXPECT_EQ(FilesBelow(root.path()), 1u);
}

TEST(DirectoryStorage, LeavesNoHalfOfAFileThatCannotBeJoined) {
  TempDir root;
  DirectoryStorage storage(root.path());
  ASSERT_TRUE(Put(storage, "v720/init.mp4", "init"));
  const std::vector<JoiningStorage::Part> parts = {{AsBytes("sidx"), {}, 0},
                                                   {{}, "v720/1.m4s", 0}};
  EXPECT_FALSE(storage.Join("v720/v720.mp4", parts));
  EXPECT_EQ(FilesBelow(root.path()), 1u);
}

TEST(DirectoryStorage, MakesDirectoriesAsTheyAreNeeded) {
  TempDir root;
  DirectoryStorage storage(root / "not" / "there");
  ASSERT_TRUE(Put(storage, "cbcs/v720/media.m3u8", "#EXTM3U"));
  EXPECT_EQ(ReadFile(root / "not" / "there" / "cbcs" / "v720" / "media.m3u8"),
            "#EXTM3U");
}

TEST(DirectoryStorage, ReplacesAFileWhole) {
  TempDir root;
  DirectoryStorage storage(root.path());
  ASSERT_TRUE(Put(storage, "a", "a longer text"));
  ASSERT_TRUE(Put(storage, "a", "short"));
  EXPECT_EQ(ReadFile(root / "a"), "short");
}

TEST(DirectoryStorage, WritesMorePiecesThanOneCallTakes) {
  TempDir root;
  DirectoryStorage storage(root.path());
  const std::string text = "0123456789";
  const std::vector<ByteView> pieces(1000, AsBytes(text));
  ASSERT_TRUE(storage.Put("many", pieces));
  EXPECT_EQ(ReadFile(root / "many").size(), 10'000u);
}

TEST(DirectoryStorage, NamesTheFileAndTheRemedyWhereItCannotWrite) {
  TempDir root;
  WriteFile(root / "v720", "a file in the way");
  DirectoryStorage storage(root.path());
  const Status stored = Put(storage, "v720/1.m4s", "x");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().kind, ErrorKind::kFailed);
  EXPECT_NE(stored.error().OneLine().find("1.m4s"), std::string::npos);
  EXPECT_NE(stored.error().OneLine().find("--output"), std::string::npos);
}

TEST(DirectoryStorage, LeavesNothingOfAFileThatDoesNotFit) {
  TempDir root;
  DirectoryStorage storage(root.path());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{1000, limit.rlim_max};
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status stored = Put(storage, "v720/1.m4s", std::string(5000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, before);
  ASSERT_FALSE(stored);
  EXPECT_EQ(FilesBelow(root.path()), 0u);
}

// /dev/full answers as a full disk does.
TEST(DirectoryStorage, TellsOfAFullDisk) {
  TempDir root;
  fs::create_symlink("/dev/full", root / ".film.usher-tmp");
  DirectoryStorage storage(root.path());
  const Status stored = Put(storage, "film", "x");
  ASSERT_FALSE(stored);
  EXPECT_NE(stored.error().OneLine().find("No space left"), std::string::npos);
  EXPECT_NE(stored.error().OneLine().find("free some space"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(root / "film"));
}

}  // namespace
}  // namespace usher
