// Inputs whose clocks wrap around or jump. Joined recordings hold film.ts
// twice: its pictures and sounds come again, 8 s later.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kVideo[] = "v180";
constexpr char kSound[] = "a-und";
constexpr double kAacFrame = 1024 / 48000.0;

// film.mp4 as a transport stream that begins at `offset` seconds.
fs::path FilmFrom(double offset, const fs::path& file) {
  const ProcessResult made = RunProcess(
      {"ffmpeg", "-nostdin", "-v", "error", "-i", TestMedia("film.mp4"), "-c",
       "copy", "-output_ts_offset", std::to_string(offset), file});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return file;
}

fs::path Join(const fs::path& first, const fs::path& second,
              const fs::path& joined) {
  WriteFile(joined, ReadFile(first) + ReadFile(second));
  return joined;
}

// How far sound runs behind the pictures at each packet of it, against where it
// does in film.mp4, which may hold a packet several times.
std::vector<double> SoundOffsets(const PackagedFilm& film) {
  std::multimap<std::string, double> wanted;
  const double start = Packets(TestMedia("film.mp4"), 'v').front().seconds;
  for (const PacketFact& packet : Packets(TestMedia("film.mp4"), 'a')) {
    wanted.emplace(packet.hash, packet.seconds - start);
  }
  const auto video = Packets(film.Joined(kVideo), 'v');
  std::vector<double> offsets;
  for (const PacketFact& packet : Packets(film.Joined(kSound), 'a')) {
    const double at = packet.seconds - video.front().seconds;
    double least = 8;
    const auto [first, last] = wanted.equal_range(packet.hash);
    for (auto each = first; each != last; ++each) {
      const double offset = std::remainder(at - each->second, 8);
      if (std::abs(offset) < std::abs(least)) least = offset;
    }
    offsets.push_back(least);
  }
  return offsets;
}

void ExpectOneClock(const PackagedFilm& film) {
  const auto packets = Packets(film.Joined(kVideo), 'v');
  std::vector<double> times;
  for (const PacketFact& packet : packets) times.push_back(packet.seconds);
  std::ranges::sort(times);
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    EXPECT_NEAR(times[i + 1] - times[i], 0.04, 1e-4) << "at " << times[i];
  }
  for (const double offset : SoundOffsets(film)) {
    EXPECT_LT(std::abs(offset), kAacFrame);
  }
}

TEST(Timeline, GoesOnWhereTimestampsWrapAround) {
  TempDir directory;
  const fs::path film = FilmFrom(95'439, directory / "wrap.ts");
  const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
  ExpectOneClock(packaged);
  EXPECT_EQ(FrameHashes(packaged.Joined(kVideo)),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
  const std::string list =
      ReadFile(packaged.directory() / kVideo / "media.m3u8");
  EXPECT_EQ(list.find("DISCONTINUITY"), std::string::npos);
}

class Jumps : public ::testing::TestWithParam<double> {};

TEST_P(Jumps, AreDiscontinuitiesAndPeriodsOverOneClock) {
  TempDir directory;
  const fs::path second = FilmFrom(GetParam(), directory / "second.ts");
  const fs::path film =
      Join(TestMedia("film.ts"), second, directory / "joined.ts");
  // Segments of 3 s would not end at the jump by themselves.
  const PackagedFilm packaged(
      {film}, {"--encryption", "none", "--verify", "--segment-duration", "3"});
  ExpectOneClock(packaged);
  auto frames = FrameHashes(TestMedia("film.mp4"), {"-an"});
  const auto again = frames;
  frames.insert(frames.end(), again.begin(), again.end());
  EXPECT_EQ(FrameHashes(packaged.directory() / "master.m3u8", {"-an"}), frames);
  for (const char* track : {kVideo, kSound}) {
    const std::string list =
        ReadFile(packaged.directory() / track / "media.m3u8");
    const size_t at = list.find("#EXT-X-DISCONTINUITY\n");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(list.find("#EXT-X-DISCONTINUITY\n", at + 1), std::string::npos);
  }
  const std::string mpd = ReadFile(packaged.directory() / "manifest.mpd");
  EXPECT_NE(mpd.find("<Period id=\"2\" start=\"PT8."), std::string::npos);
  EXPECT_EQ(mpd.find("period-continuity"), std::string::npos);
}

// Back to the start, an hour ahead, and over the end of the 33 bits.
INSTANTIATE_TEST_SUITE_P(, Jumps, ::testing::Values(0.0, 3600.0, 95'440.0));

TEST(Timeline, JumpsDoNotFitIntoASingleFile) {
  TempDir directory;
  const fs::path film =
      Join(TestMedia("film.ts"), TestMedia("film.ts"), directory / "joined.ts");
  const Outcome refused =
      RunUsher({"package", film, "-o", directory / "out", "--encryption",
                "none", "--single-file", "--quiet"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1);
  EXPECT_NE(refused.err.find("jumps at 8."), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(directory / "out"));
}

// Regression: what Matroska says of its length counts from zero, so a clock
// that starts late made the film look cut short.
TEST(Timeline, AClockThatStartsLateIsNoMissingFilm) {
  TempDir directory;
  for (const char* name : {"late.mkv", "late.ts"}) {
    SCOPED_TRACE(name);
    const fs::path film = FilmFrom(100, directory / name);
    const PackagedFilm packaged({film}, {"--encryption", "none", "--verify"});
    ExpectOneClock(packaged);
    EXPECT_EQ(packaged.Segments(kVideo).size(), 4u);
  }
}

TEST(Timeline, JumpsAreCutWhereKeysRotate) {
  TempDir directory;
  const fs::path film =
      Join(TestMedia("film.ts"), TestMedia("film.ts"), directory / "joined.ts");
  const PackagedFilm packaged(
      {film}, {"--encryption", "cenc", "--verify", "--key-rotation", "4"});
  EXPECT_EQ(packaged.Keys().size(), 4U);
  const std::string list =
      ReadFile(packaged.directory() / kVideo / "media.m3u8");
  EXPECT_NE(list.find("#EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=NONE\n"
                      "#EXT-X-MAP:URI=\"init-3.mp4\""),
            std::string::npos)
      << list;
}

TEST(Misaligned, LaddersArePackagedOnRequest) {
  TempDir root;
  const Outcome outcome =
      RunUsher({"package", TestMedia("film.mp4"), TestMedia("misaligned.mp4"),
                "-o", root / "out", "--event", "film", "--encryption", "none",
                "--segment-duration", "2", "--allow-misaligned", "--verify"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("their key frames do not line up: at "),
            std::string::npos)
      << outcome.err;
  const std::string mpd = ReadFile(root / "out/film/manifest.mpd");
  EXPECT_NE(mpd.find("segmentAlignment=\"false\""), std::string::npos);
  EXPECT_EQ(FrameHashes(root / "out/film/v90/media.m3u8"),
            FrameHashes(TestMedia("misaligned.mp4")));
}

}  // namespace
}  // namespace usher::testing
