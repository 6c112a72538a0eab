#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class PackageCommand : public ::testing::Test {
 protected:
  Outcome Package(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {"package",     TestMedia("film.mp4"),
                                        "-o",          directory_ / "out",
                                        "--key-store", directory_ / "keys"};
    command.insert(command.end(), flags.begin(), flags.end());
    return RunUsher(command);
  }

  TempDir directory_;
};

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(PackageCommand, TellsAPersonEverythingItMade) {
  const Outcome outcome = Package({"--encryption", "aes-128,cbcs"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  for (const std::string& part : std::vector<std::string>{
           "film: 8.000 s", "v180", "a-und", "320x180", "25 fps", "48000 Hz",
           (directory_ / "out" / "film" / "master.m3u8").string(),
           (directory_ / "out" / "film" / "cbcs" / "manifest.mpd").string(),
           "hls.js", "not in", (directory_ / "keys" / "film").string(),
           (directory_ / "master.key").string()}) {
    EXPECT_TRUE(Has(outcome.out, part)) << part << " in\n" << outcome.out;
  }
}

// No scheme makes a browser decode what its device cannot.
TEST_F(PackageCommand, TellsWhichDecodersTheDeviceMustHave) {
  const auto said = [this](const std::string& film) {
    const Outcome outcome =
        RunUsher({"package", TestMedia(film), "--event", "film", "--force",
                  "-o", directory_ / "out", "--encryption", "none"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.out;
  };
  EXPECT_TRUE(Has(said("hevc.mp4"), "decoders   HEVC: "));
  EXPECT_TRUE(Has(said("ac3.mp4"), "decoders   AC-3: "));
  EXPECT_TRUE(Has(said("eac3.mp4"), "decoders   E-AC-3: "));
  EXPECT_FALSE(Has(said("film.mp4"), "decoders"));
}

TEST_F(PackageCommand, NamesKidsAndNoKeys) {
  const std::string kid = "00112233445566778899aabbccddeeff";
  const std::string key = "0123456789abcdef0123456789abcdef";
  for (const char* style : {"--json", "--force"}) {
    const Outcome outcome = Package({"--key", kid + ":" + key, "--salt", kid,
                                     style, "--encryption", "cbcs"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(Has(outcome.out, kid));
    EXPECT_FALSE(Has(outcome.out, key));
    EXPECT_FALSE(Has(outcome.err, key));
  }
}

TEST_F(PackageCommand, PrintsOneJsonObjectALineAndNothingElse) {
  const Outcome outcome = Package({"--json", "--encryption", "cbcs"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::vector<json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(json::parse(line));
  }
  ASSERT_EQ(objects.size(), 4u);
  EXPECT_EQ(objects[0]["type"], "track");
  EXPECT_EQ(objects[0]["frame_rate"], "25/1");
  EXPECT_EQ(objects[2]["type"], "presentation");
  EXPECT_EQ(objects[2]["scheme"], "cbcs");
  EXPECT_EQ(objects[2]["kid"].get<std::string>().size(), 32u);
  for (const json& playlist : objects[2]["playlists"]) {
    EXPECT_TRUE(fs::exists(playlist.get<std::string>()));
  }
  EXPECT_EQ(objects[3]["type"], "package");
  EXPECT_EQ(objects[3]["event"], "film");
  EXPECT_EQ(objects[3]["dry_run"], false);
}

TEST_F(PackageCommand, QuietIsQuiet) {
  const Outcome outcome = Package({"--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(PackageCommand, WarnsOfLongSegments) {
  const Outcome outcome = Package({"--segment-duration", "1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(Has(outcome.err, "warning")) << outcome.err;
  EXPECT_TRUE(Has(outcome.err, "2.000 s"));
}

TEST_F(PackageCommand, FlagsWinOverTheConfigFile) {
  WriteFile(directory_ / "usher.yaml",
            "event: from-file\nsegment-duration: 4\n");
  const Outcome outcome =
      Package({"--config", directory_ / "usher.yaml", "--event", "from-flag"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(directory_ / "out" / "from-flag"));
  EXPECT_TRUE(Has(outcome.out, "2 segments"));
}

TEST_F(PackageCommand, RefusesBadUsageInOneLine) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"--nonsense"},
      {"--event"},
      {"--event", "Not An Event"},
      {"--event", "a", "--event", "b"},
      {"--encryption", "rot13"},
      {"--segment-duration", "soon"},
      {"--key", "0011:22"},
      {"--config", "/nonexistent.yaml"},
  };
  for (const auto& mistake : mistakes) {
    const Outcome outcome = Package(mistake);
    EXPECT_EQ(outcome.exit_code, 2) << mistake[0];
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(Has(outcome.err, mistake[0])) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_TRUE(!fs::exists(directory_ / "out"));
}

TEST(RootCommand, WithoutASubcommandIsBadUsage) {
  const Outcome outcome = RunUsher({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(Has(outcome.err, "usher --help"));
}

TEST(RootCommand, TellsItsVersionAndItsHelp) {
  EXPECT_TRUE(RunUsher({"--version"}).out.starts_with("usher 0."));
  const Outcome help = RunUsher({"package", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(Has(help.out, "--segment-duration"));
}

}  // namespace
}  // namespace usher::testing
