// Films that are packaged with a word to their creator: viewers may not see
// them as they are meant. FFmpeg makes each of them for real.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

class FilmWarnings : public ::testing::Test {
 protected:
  // A film with a key frame a second; returns its path.
  std::string Make(const std::string& name, const std::string& seconds,
                   const std::vector<std::string>& encoder) {
    std::string film = directory_ / name;
    std::vector<std::string> command = {
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=" + seconds,
        "-g", "25"};
    command.insert(command.end(), encoder.begin(), encoder.end());
    command.push_back(film);
    Ffmpeg(command);
    return film;
  }

  std::string MakeH264(const std::string& name, const std::string& pixels,
                       const std::string& seconds = "2") {
    return Make(
        name, seconds,
        {"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels});
  }

  // What `usher package` says of `films`, which it takes.
  std::string Said(const std::vector<std::string>& films) {
    std::vector<std::string> command = {"package"};
    command.insert(command.end(), films.begin(), films.end());
    command.insert(command.end(),
                   {"-o", directory_ / "out", "--event", "film", "--key-store",
                    directory_ / "keys", "--force"});
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.err;
  }

  TempDir directory_;
};

void ExpectSays(const std::string& said,
                const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(said.find(word), std::string::npos)
        << "no \"" << word << "\" in: " << said;
  }
}

TEST_F(FilmWarnings, TellOfProfilesThatFewDevicesDecode) {
  const std::vector<std::pair<std::string, std::string>> profiles = {
      {"yuv420p10le", "High 10"},
      {"yuv422p", "High 4:2:2"},
      {"yuv444p", "High 4:4:4 Predictive"}};
  for (const auto& [pixels, profile] : profiles) {
    ExpectSays(Said({MakeH264(pixels + ".mp4", pixels)}),
               {"v180", profile, "-pix_fmt yuv420p"});
  }
  EXPECT_EQ(Said({MakeH264("usual.mp4", "yuv420p")}).find("profile"),
            std::string::npos);
}

TEST_F(FilmWarnings, TellOfHevcThatFewDevicesDecode) {
  const auto make = [this](const std::string& pixels) {
    return Make(
        pixels + ".mp4", "2",
        {"-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
         "log-level=none:open-gop=0", "-tag:v", "hvc1", "-pix_fmt", pixels});
  };
  ExpectSays(Said({make("yuv422p10le")}), {"Range Extensions"});
  EXPECT_EQ(Said({make("yuv420p10le")}).find("profile"), std::string::npos)
      << "Main 10 is what HDR is made of";
}

// Both begin alike and are one segment long: their key frames line up.
TEST_F(FilmWarnings, TellOfRenditionsThatEndAtUnlikeTimes) {
  const std::string whole = MakeH264("whole.mp4", "yuv420p", "5");
  const std::string half = MakeH264("half.mp4", "yuv420p", "3");
  ExpectSays(Said({whole, half}), {"v180", "end at 3.000 s and 5.000 s"});
  EXPECT_EQ(Said({whole, whole}).find("end at"), std::string::npos);
}

// x264's -g counts pictures: this film's second key frame comes after 10 s, or
// never.
TEST_F(FilmWarnings, TellOfSegmentsThatAreFarLongerThanAskedFor) {
  const auto make = [this](const std::string& name, const std::string& apart) {
    return Make(name, "12",
                {"-c:v", "libx264", "-preset", "ultrafast", "-sc_threshold",
                 "0", "-g", apart});
  };
  ExpectSays(Said({make("seldom.mp4", "250")}), {"lie up to 10.000 s apart"});
  ExpectSays(Said({make("once.mp4", "1000")}), {"lie up to 12.000 s apart"});
  EXPECT_EQ(Said({make("often.mp4", "50")}).find("apart"), std::string::npos);
}

}  // namespace
}  // namespace usher::testing
