#include "packager/storage/publication.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using testing::ReadFile;
using testing::TempDir;
using testing::WriteFile;

void Put(Publication& publication, std::string_view path,
         std::string_view text) {
  const ByteView piece = AsBytes(text);
  ASSERT_TRUE(publication.storage().Put(path, {&piece, 1}));
}

Publication Begin(const TempDir& output) {
  auto publication = Publication::Begin(output.path(), "film");
  EXPECT_TRUE(publication) << publication.error().OneLine();
  return *std::move(publication);
}

size_t Entries(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory),
                                           fs::directory_iterator()));
}

TEST(Publication, AppearsWholeOrNotAtAll) {
  TempDir output;
  {
    Publication publication = Begin(output);
    Put(publication, "v720/1.m4s", "1");
    EXPECT_FALSE(fs::exists(output / "film"));
    ASSERT_TRUE(publication.PublishNew());
  }
  EXPECT_EQ(ReadFile(output / "film" / "v720" / "1.m4s"), "1");
  EXPECT_EQ(Entries(output.path()), 1u);
}

TEST(Publication, LeavesNothingWhereItIsGivenUp) {
  TempDir output;
  {
    Publication publication = Begin(output);
    Put(publication, "v720/1.m4s", "1");
  }
  EXPECT_EQ(Entries(output.path()), 0u);
}

TEST(Publication, NeverReplacesAnEvent) {
  TempDir output;
  fs::create_directory(output / "film");
  Publication publication = Begin(output);
  Put(publication, "master.m3u8", "new");
  const Status published = publication.PublishNew();
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(published.error().OneLine().find("--force"), std::string::npos);
  EXPECT_FALSE(fs::exists(output / "film" / "master.m3u8"));
}

TEST(Publication, ARevisionReplacesPlaylistsAndAddsDirectories) {
  TempDir output;
  fs::create_directories(output / "film" / "v720");
  WriteFile(output / "film" / "v720" / "1.m4s", "old");
  WriteFile(output / "film" / "master.m3u8", "old");
  WriteFile(output / "film" / "manifest.mpd", "old");
  {
    Publication publication = Begin(output);
    Put(publication, "v720.2/1.m4s", "new");
    Put(publication, "master.m3u8", "new");
    ASSERT_TRUE(publication.PublishRevision(
        {{"v720.2"}, {"master.m3u8"}, {"manifest.mpd"}}));
  }
  EXPECT_EQ(ReadFile(output / "film" / "v720" / "1.m4s"), "old");
  EXPECT_EQ(ReadFile(output / "film" / "v720.2" / "1.m4s"), "new");
  EXPECT_EQ(ReadFile(output / "film" / "master.m3u8"), "new");
  EXPECT_FALSE(fs::exists(output / "film" / "manifest.mpd"));
  EXPECT_EQ(Entries(output.path()), 1u);
}

TEST(Publication, ARevisionMayAddAScheme) {
  TempDir output;
  fs::create_directories(output / "film");
  Publication publication = Begin(output);
  Put(publication, "cbcs/v720/1.m4s", "new");
  ASSERT_TRUE(publication.PublishRevision({{"cbcs/v720"}, {}, {}}));
  EXPECT_EQ(ReadFile(output / "film" / "cbcs" / "v720" / "1.m4s"), "new");
}

TEST(Publication, TheNextRevisionIsOneAboveTheHighest) {
  TempDir output;
  EXPECT_EQ(Publication::NextRevision(output / "film"), 1u);
  fs::create_directories(output / "film" / "v720");
  EXPECT_EQ(Publication::NextRevision(output / "film"), 2u);
  fs::create_directories(output / "film" / "cbcs" / "v720.7");
  EXPECT_EQ(Publication::NextRevision(output / "film"), 8u);
}

TEST(Publication, OutputThatCannotBeMadeIsNamed) {
  TempDir output;
  WriteFile(output / "file", "x");
  const auto publication = Publication::Begin(output / "file" / "out", "film");
  ASSERT_FALSE(publication);
  EXPECT_NE(publication.error().OneLine().find("--output"), std::string::npos);
}

}  // namespace
}  // namespace usher
