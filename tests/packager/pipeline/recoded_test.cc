// Films whose parameter sets change on the way: recordings of different
// encoders joined. Each stretch must decode, alone, to what its part was.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/joined_mp4.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kVideo[] = "v180";
constexpr char kSound[] = "a-und";

size_t CountOf(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

// Without encoding anything anew.
fs::path Join(const std::vector<std::string>& films, const fs::path& joined) {
  std::string list;
  for (const std::string& film : films) {
    list += "file '" + fs::absolute(TestMedia(film)).string() + "'\n";
  }
  const fs::path names = joined.string() + ".txt";
  WriteFile(names, list);
  Ffmpeg({"-f", "concat", "-safe", "0", "-i", names, "-c", "copy", joined});
  return joined;
}

std::vector<std::string> Frames(const std::string& film) {
  return FrameHashes(TestMedia(film), {"-an"});
}

std::string MediaPlaylist(const PackagedFilm& film, const std::string& track) {
  return ReadFile(film.directory() / track / "media.m3u8");
}

// Each 8 s are four segments.
void ExpectTwoStretches(const PackagedFilm& film, const std::string& first,
                        const std::string& second) {
  EXPECT_EQ(FrameHashes(film.Stretch(kVideo, "init.mp4", 1, 4)), Frames(first));
  EXPECT_EQ(FrameHashes(film.Stretch(kVideo, "init-2.mp4", 5, 8)),
            Frames(second));
  const std::string list = MediaPlaylist(film, kVideo);
  EXPECT_EQ(CountOf(list, "#EXT-X-DISCONTINUITY\n"), 1U);
  EXPECT_EQ(CountOf(list, "#EXT-X-MAP:"), 2U);
  EXPECT_LT(list.find("4.m4s"), list.find("#EXT-X-DISCONTINUITY\n"));
  EXPECT_LT(list.find("init-2.mp4"), list.find("5.m4s"));
}

class Recoded : public ::testing::TestWithParam<const char*> {};

TEST_P(Recoded, FilmsBeginAStretchWithAnInitSegmentOfItsOwn) {
  const TempDir directory;
  const fs::path film = Join({"film.mp4", "narrow.mp4"},
                             directory / (std::string("joined.") + GetParam()));
  const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
  ExpectTwoStretches(packaged, "film.mp4", "narrow.mp4");
  const std::string sound = MediaPlaylist(packaged, kSound);
  EXPECT_EQ(CountOf(sound, "#EXT-X-DISCONTINUITY\n"), 1U);
  EXPECT_EQ(CountOf(sound, "#EXT-X-MAP:"), 1U);
  const std::string master = ReadFile(packaged.directory() / "master.m3u8");
  EXPECT_NE(master.find("RESOLUTION=320x180"), std::string::npos) << master;
  const std::string mpd = ReadFile(packaged.directory() / "manifest.mpd");
  const size_t second = mpd.find("<Period id=\"2\" start=\"PT8");
  ASSERT_NE(second, std::string::npos) << mpd;
  EXPECT_LT(mpd.find("width=\"320\""), second);
  EXPECT_GT(mpd.find("width=\"160\""), second);
}

INSTANTIATE_TEST_SUITE_P(, Recoded,
                         ::testing::Values("ts", "mkv", "flv", "mp4"));

TEST(RecodedFilms, TwoSampleEntriesOfAnMp4) {
  const TempDir directory;
  const auto alone = [&](const char* film) {
    const fs::path pictures = directory / film;
    Ffmpeg({"-i", TestMedia(film), "-an", "-c", "copy", pictures});
    return pictures;
  };
  WriteFile(directory / "two.mp4",
            JoinMp4({{alone("film.mp4")}, {alone("narrow.mp4")}}));
  const PackagedFilm packaged({directory / "two.mp4"},
                              {"--encryption", "none", "--verify"});
  ExpectTwoStretches(packaged, "film.mp4", "narrow.mp4");
}

TEST(RecodedFilms, BackToWhatTheyWere) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4", "film.mp4"}, directory / "joined.ts");
  const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
  EXPECT_EQ(FrameHashes(packaged.Stretch(kVideo, "init-3.mp4", 9, 12)),
            Frames("film.mp4"));
  EXPECT_EQ(CountOf(MediaPlaylist(packaged, kVideo), "#EXT-X-DISCONTINUITY\n"),
            2U);
}

// FFmpeg joins HEVC rightly only where its parameter sets lie in the stream.
TEST(RecodedFilms, HevcOfTwoSizes) {
  const TempDir directory;
  const fs::path small = directory / "small.ts";
  Ffmpeg({"-i", TestMedia("film.mp4"), "-an", "-vf", "scale=160:90", "-c:v",
          "libx265", "-preset", "ultrafast", "-x265-params",
          "log-level=none:keyint=50:min-keyint=50:scenecut=0:open-gop=0",
          small});
  const fs::path joined = directory / "joined.ts";
  WriteFile(joined, ReadFile(TestMedia("hevc.ts")) + ReadFile(small));
  for (const char* container : {"ts", "mkv", "mp4"}) {
    SCOPED_TRACE(container);
    const fs::path film = directory / (std::string("film.") + container);
    Ffmpeg({"-i", joined, "-an", "-c", "copy", film});
    const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
    EXPECT_EQ(FrameHashes(packaged.Stretch(kVideo, "init.mp4", 1, 4)),
              Frames("hevc.mp4"));
    EXPECT_EQ(FrameHashes(packaged.Stretch(kVideo, "init-2.mp4", 5, 8)),
              FrameHashes(small));
  }
}

TEST(RecodedFilms, InMpegTsDecodeAsOnePlaylist) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4"}, directory / "joined.ts");
  const PackagedFilm packaged(
      {film}, {"--container", "ts", "--encryption", "none", "--verify"});
  auto frames = Frames("film.mp4");
  const ProcessResult sizes = RunProcess(
      {"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
       "frame=width", "-of", "csv=p=0", packaged.directory() / "master.m3u8"});
  EXPECT_EQ(CountOf(sizes.out, "320"), frames.size());
  EXPECT_EQ(CountOf(sizes.out, "160"), Frames("narrow.mp4").size());
}

// Keys that change where the pictures do, and elsewhere.
TEST(RecodedFilms, DecryptStretchByStretch) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4"}, directory / "joined.ts");
  for (const std::string scheme : {"cenc", "cbcs"}) {
    for (const std::string style : {"init", "seig"}) {
      SCOPED_TRACE(scheme + " " + style);
      const PackagedFilm packaged(
          {film}, {"--encryption", scheme, "--verify", "--key-rotation", "12",
                   "--rotation-style", style, "--trick-play"});
      EXPECT_EQ(packaged.Keys().size(), 2U);
      const std::string list = MediaPlaylist(packaged, kVideo);
      EXPECT_EQ(CountOf(list, "#EXT-X-DISCONTINUITY\n"), 1U);
      // By sample groups the second key needs no init segment of its own.
      EXPECT_EQ(CountOf(list, "#EXT-X-MAP:"), style == "seig" ? 2U : 3U);
    }
  }
}

// FFmpeg 5.1 decrypts cenc; both stretches are under the one key.
TEST(RecodedFilms, DecryptInFfmpeg) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4"}, directory / "joined.ts");
  const PackagedFilm packaged({film}, {"--encryption", "cenc"});
  const auto decrypt = [&](const char* init, int first, int last) {
    return FrameHashes(packaged.Stretch(kVideo, init, first, last),
                       {"-seekable", "0", "-decryption_key", packaged.Key()});
  };
  EXPECT_EQ(decrypt("init.mp4", 1, 4), Frames("film.mp4"));
  EXPECT_EQ(decrypt("init-2.mp4", 5, 8), Frames("narrow.mp4"));
}

TEST(RecodedFilms, ALadderBreaksTogether) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4"}, directory / "joined.ts");
  const fs::path steady =
      Join({"small.mp4", "small.mp4"}, directory / "steady.mp4");
  const PackagedFilm packaged({film, steady},
                              {"--encryption", "none", "--verify"});
  for (const char* track : {kVideo, "v90", kSound}) {
    SCOPED_TRACE(track);
    const std::string list = MediaPlaylist(packaged, track);
    EXPECT_EQ(CountOf(list, "#EXT-X-DISCONTINUITY\n"), 1U);
    EXPECT_EQ(CountOf(list, "#EXT-X-MAP:"),
              track == std::string(kVideo) ? 2U : 1U);
  }
}

// A set with an id of its own is for pictures to come; it says nothing new of
// those there are.
TEST(RecodedFilms, AnAddedPictureParameterSetIsNoChange) {
  const TempDir directory;
  const std::string set = PictureParameterSet(TestMedia("small.mp4"));
  for (const size_t sample : {50, 60}) {  // a key picture, and none
    const fs::path mp4 = directory / "added.mp4";
    WriteFile(
        mp4, JoinMp4({{TestMedia("small.mp4"), {{sample, WithOtherId(set)}}}}));
    const fs::path mkv = directory / "added.mkv";
    Ffmpeg({"-i", mp4, "-c", "copy", mkv});
    for (const fs::path& film :
         sample == 50 ? std::vector{mp4, mkv} : std::vector{mkv}) {
      SCOPED_TRACE(film);
      const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
      EXPECT_EQ(FrameHashes(packaged.Joined("v90")), Frames("small.mp4"));
      EXPECT_EQ(MediaPlaylist(packaged, "v90").find("DISCONTINUITY"),
                std::string::npos);
      const std::string init =
          ReadFile(packaged.directory() / "v90" / "init.mp4");
      EXPECT_NE(init.find(WithOtherId(set)), std::string::npos);
    }
  }
}

TEST(RecodedFilms, AreRefusedWhereNoDecoderCanFollow) {
  const TempDir directory;
  std::string set = PictureParameterSet(TestMedia("small.mp4"));
  set.back() = static_cast<char>(set.back() ^ 0x10);
  WriteFile(directory / "between.mp4",
            JoinMp4({{TestMedia("small.mp4"), {{60, set}}}}));
  ExpectRefused(
      directory / "between.mp4", {},
      {"between.mp4", "changes its parameter sets at 2.", "one piece"});
}

TEST(RecodedFilms, DoNotFitIntoASingleFile) {
  const TempDir directory;
  const fs::path film =
      Join({"film.mp4", "narrow.mp4"}, directory / "joined.ts");
  ExpectRefused(film, {"--single-file"}, {"parameter sets change", "at 8."});
}

}  // namespace
}  // namespace usher::testing
