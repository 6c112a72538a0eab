// Packaging an event again: what was published never changes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

Outcome Again(const PackagedFilm& film,
              const std::vector<std::string>& flags = {}) {
  std::vector<std::string> command = film.command();
  command.push_back("--force");
  command.insert(command.end(), flags.begin(), flags.end());
  return RunUsher(command);
}

TEST(Revision, HasTrackDirectoriesOfItsOwn) {
  const PackagedFilm film({TestMedia("film.mp4")});
  const std::string before = ReadFile(film.Joined("v180"));
  const Outcome second = Again(film);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(ReadFile(film.Joined("v180")), before);
  EXPECT_EQ(film.Segments("v180.2").size(), film.Segments("v180").size());
  const std::string master = ReadFile(film.directory() / "master.m3u8");
  EXPECT_NE(master.find("v180.2/media.m3u8"), std::string::npos);
  EXPECT_EQ(master.find("v180/media.m3u8"), std::string::npos);
}

TEST(Revision, CountsOn) {
  const PackagedFilm film({TestMedia("film.mp4")});
  ASSERT_EQ(Again(film).exit_code, 0);
  const Outcome third = Again(film);
  ASSERT_EQ(third.exit_code, 0);
  EXPECT_NE(third.out.find("revision 3"), std::string::npos);
  EXPECT_TRUE(fs::exists(film.directory() / "v180.3" / "1.m4s"));
}

TEST(Revision, EncryptsUnderANewKey) {
  const PackagedFilm film({TestMedia("film.mp4")});
  ASSERT_EQ(Again(film).exit_code, 0);
  EXPECT_EQ(film.Kids().size(), 2u);
}

TEST(Revision, PlaylistsOfSchemesThatAreGoneGo) {
  const PackagedFilm film({TestMedia("film.mp4")}, {"--encryption", "cbcs"});
  ASSERT_TRUE(fs::exists(film.directory() / "manifest.mpd"));
  std::vector<std::string> command = film.command();
  std::ranges::replace(command, "cbcs", "aes-128");
  command.push_back("--force");
  ASSERT_EQ(RunUsher(command).exit_code, 0);
  EXPECT_TRUE(fs::exists(film.directory() / "master.m3u8"));
  EXPECT_FALSE(fs::exists(film.directory() / "manifest.mpd"));
  EXPECT_FALSE(fs::exists(film.directory() / "master-clearkey.m3u8"));
}

TEST(Revision, OfANewEventIsItsFirst) {
  TempDir directory;
  const Outcome outcome =
      RunUsher({"package", TestMedia("film.mp4"), "-o", directory / "out",
                "--key-store", directory / "keys", "--force"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(directory / "out" / "film" / "v180" / "init.mp4"));
}

// Under cenc the same key and salt for other content give it away.
TEST(Revision, RefusesAKeyThatEncryptedBeforeUnderCenc) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--encryption", "cenc", "--key",
       "00112233445566778899aabbccddeeff:0123456789abcdef0123456789abcdef",
       "--salt", "ffeeddccbbaa99887766554433221100"});
  const Outcome again = Again(film);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("00112233445566778899aabbccddeeff"),
            std::string::npos);
  EXPECT_EQ(again.err.find("0123456789abcdef"), std::string::npos);
  EXPECT_FALSE(fs::exists(film.directory() / "v180.2"));
}

TEST(Revision, RefusesAKnownKidWithAnotherKey) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--key",
       "00112233445566778899aabbccddeeff:0123456789abcdef0123456789abcdef"});
  const Outcome again = Again(film);  // another random salt
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("--salt"), std::string::npos);
}

}  // namespace
}  // namespace usher::testing
