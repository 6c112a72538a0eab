// A track that is silent for a while, as DASH players are told of it: what the
// MPD names is there, under the number and at the time that it says.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "core/playlist/mpd_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/live/told_segments.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

class LiveGapTest : public ::testing::Test {
 protected:
  // A second a segment; there is no sound from 3 s to 5.5 s.
  void Package(const std::vector<std::string>& flags) {
    const fs::path input = directory_.path() / "silent.ts";
    Ffmpeg({"-i", TestMedia("film.mp4"), "-c:v", "libx264", "-g", "25",
            "-keyint_min", "25", "-sc_threshold", "0", "-bf", "0", "-c:a",
            "copy", "-bsf:a", "noise=drop='between(pts*tb,3,5.5)'", input});
    std::vector<std::string> command = {
        USHER_BINARY,   "live",        input,
        "--event",      "fight",       "-o",
        output(),       "--key-store", directory_.path() / "keys",
        "--encryption", "none",        "--window",
        "all"};
    command.insert(command.end(), flags.begin(), flags.end());
    const auto result = RunProcess(command);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  fs::path output() const { return directory_.path() / "out"; }
  fs::path event() const { return output() / "fight"; }
  std::string Mpd() const { return ReadFile(event() / "manifest.mpd"); }

  // Every file of the track that the lists do not call a gap.
  std::set<uint64_t> Present(const std::string& track) const {
    std::set<uint64_t> numbers;
    const auto list =
        playlist::ReadHls(ReadFile(event() / track / "media.m3u8")).media;
    for (const auto& segment : list.segments) {
      if (!segment.gap) numbers.insert(segment.number);
    }
    return numbers;
  }
  // In all periods; that each plays when its number does is checked.
  std::set<uint64_t> ToldOf(const std::string& track) const {
    std::set<uint64_t> numbers;
    for (const auto& period : playlist::ReadMpd(Mpd()).periods) {
      for (const auto& set : period.sets) {
        for (const auto& representation : set.representations) {
          if (representation.id != track) continue;
          for (const Told& told :
               SegmentsOf(period, representation.addressing)) {
            // The first one that has sound again has half of it.
            const auto grid = static_cast<double>(told.number - 1);
            EXPECT_GE(told.start, grid - 0.1);
            EXPECT_LE(told.start, grid + 0.6);
            numbers.insert(told.number);
          }
        }
      }
    }
    return numbers;
  }

  TempDir directory_;
};

TEST_F(LiveGapTest, TheMpdNamesNothingThatIsNotThere) {
  Package({"--segment-duration", "1"});
  EXPECT_EQ(Present("v180").size(), 8U);
  EXPECT_EQ(Present("a-und").size(), 6U);
  for (const char* track : {"v180", "a-und"}) {
    EXPECT_EQ(ToldOf(track), Present(track)) << Mpd();
  }
  const auto mpd = playlist::ReadMpd(Mpd());
  ASSERT_EQ(mpd.periods.size(), 2U) << Mpd();
  for (const auto& period : mpd.periods) {
    EXPECT_EQ(period.sets.size(), 2U) << "shaka-player wants all in each";
  }
}

TEST_F(LiveGapTest, InspectTellsOfItAndFindsNothingWrong) {
  Package({"--segment-duration", "1"});
  const Outcome outcome = RunUsher({"inspect", event() / "manifest.mpd"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.out.contains("dash-period-gap")) << outcome.out;
  for (const char* told : {"for the last 2 s of", "for the first 0.504 s of"}) {
    EXPECT_TRUE(outcome.out.contains(told)) << outcome.out;
  }
}

}  // namespace
}  // namespace usher::testing
