// --trick-play: key pictures as a track of their own, under the MPD alone.
#include <gtest/gtest.h>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

// The first picture of each segment, as FFmpeg decodes the film: every
// `every`-th.
std::vector<std::string> KeyPictures(const char* film, size_t every) {
  const auto all = FrameHashes(TestMedia(film), {"-an"});
  std::vector<std::string> pictures;
  for (size_t i = 0; i < all.size(); i += every) pictures.push_back(all[i]);
  return pictures;
}

// FFmpeg's options to decrypt.
std::vector<std::string> Options(const PackagedFilm& film,
                                 std::string_view scheme) {
  if (scheme == "none") return {};
  return {"-decryption_key", film.Key(), "-seekable", "0"};
}

class TrickPlays : public ::testing::TestWithParam<const char*> {
 protected:
  const std::string scheme_ = GetParam();
};

TEST_P(TrickPlays, DecodeToTheKeyPicturesOfTheSmallestVideo) {
  const PackagedFilm film(
      {TestMedia("film.mp4"), TestMedia("small.mp4")},
      {"--trick-play", "--encryption", scheme_, "--verify"});
  EXPECT_EQ(FrameHashes(film.Joined("v90-trick"), Options(film, scheme_)),
            KeyPictures("small.mp4", 50));
  EXPECT_FALSE(fs::exists(film.directory() / "v180-trick"));
}

TEST_P(TrickPlays, LastAsLongAsTheSegmentsTheyAreOf) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--trick-play", "--encryption", scheme_});
  const auto pictures = film.Fragments("v180-trick");
  const auto segments = film.Fragments("v180");
  ASSERT_EQ(pictures.size(), segments.size());
  for (size_t i = 0; i < pictures.size(); ++i) {
    EXPECT_EQ(pictures[i].samples.size(), 1U);
    EXPECT_EQ(pictures[i].StartTime(), segments[i].StartTime());
    EXPECT_EQ(pictures[i].Duration(), segments[i].Duration());
  }
}

TEST_P(TrickPlays, AreSingleFilesWhereTracksAre) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--trick-play", "--single-file", "--encryption", scheme_, "--verify"});
  EXPECT_EQ(FrameHashes(film.directory() / "v180-trick" / "v180-trick.mp4",
                        Options(film, scheme_)),
            KeyPictures("film.mp4", 50));
}

INSTANTIATE_TEST_SUITE_P(, TrickPlays,
                         ::testing::Values("none", "cbcs", "cenc"));

TEST(TrickPlay, IsToldByTheMpdAsWhatNoPlayerShowsAtNormalSpeed) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--trick-play", "--encryption", "none"});
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  const size_t set = mpd.find(
      "<EssentialProperty "
      "schemeIdUri=\"http://dashif.org/guidelines/trickmode\" value=\"1\"/>");
  ASSERT_NE(set, std::string::npos) << mpd;
  // Of two seconds at 25 pictures each second, one.
  EXPECT_NE(mpd.find("maxPlayoutRate=\"50\" codingDependency=\"false\"", set),
            std::string::npos)
      << mpd;
  const std::string master = ReadFile(film.directory() / "master.m3u8");
  EXPECT_EQ(master.find("trick"), std::string::npos) << master;
}

// Their first pictures are shown behind others of the same segment.
TEST(TrickPlay, IsMadeOfOpenGroupsOfPicturesToo) {
  const PackagedFilm film({TestMedia("hevcopen.mp4")},
                          {"--trick-play", "--encryption", "none", "--verify"});
  const auto pictures = FrameHashes(film.Joined("v180-trick"));
  const auto all = FrameHashes(TestMedia("hevcopen.mp4"), {"-an"});
  ASSERT_EQ(pictures.size(), film.Segments("v180").size());
  for (const std::string& picture : pictures) {
    EXPECT_NE(std::ranges::find(all, picture), all.end());
  }
}

// Every period of a key has its pictures under that key.
TEST(TrickPlay, FollowsTheVideosKeys) {
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--trick-play", "--encryption", "cenc", "--key-rotation", "4",
       "--clear-lead", "2", "--key-per-track", "--verify"});
  const auto pictures = KeyPictures("film.mp4", 50);
  EXPECT_EQ(FrameHashes(film.Stretch("v180-trick", "init.mp4", 1, 1)),
            std::vector{pictures[0]});
  std::vector<std::vector<std::string>> last;
  for (const auto& [kid, key] : film.Keys()) {
    last.push_back(FrameHashes(film.Stretch("v180-trick", "init-3.mp4", 3, 4),
                               {"-decryption_key", key, "-seekable", "0"}));
  }
  EXPECT_NE(std::ranges::find(last, std::vector{pictures[2], pictures[3]}),
            last.end());
}

TEST(TrickPlay, IsRefusedWhereNoMpdCouldTellOfIt) {
  const TempDir directory;
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--encryption", "aes-128"},
        {"--encryption", "none", "--container", "ts"}}) {
    std::vector<std::string> command = {
        "package",        TestMedia("film.mp4"), "--trick-play",
        "--key-store",    directory / "keys",    "-o",
        directory / "out"};
    command.insert(command.end(), flags.begin(), flags.end());
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("--trick-play: is for DASH"), std::string::npos)
        << outcome.err;
  }
}

}  // namespace
}  // namespace usher::testing
