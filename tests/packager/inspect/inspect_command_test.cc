#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/packager/cli/run_usher.h"
#include "tests/packager/inspect/good_presentation.h"
#include "tests/support/test_media.h"

namespace usher::inspect::testing {
namespace {

using usher::testing::RunUsher;

std::string TheKeyFlag() { return std::string(kKid) + ":" + std::string(kKey); }

TEST(InspectCommand, JudgesADirectoryAndSaysWhatItRead) {
  const Presentation good(Good::kCbcs);
  const auto outcome =
      RunUsher({"inspect", good.directory(), "--key", TheKeyFlag()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("0 errors, 0 warnings, 0 notes; "),
            std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find(" segments of 13 renditions judged"),
            std::string::npos)
      << outcome.out;
}

TEST(InspectCommand, JudgesOnePlaylistByItself) {
  const Presentation good(Good::kClear);
  for (const char* file : {"master.m3u8", "v180/media.m3u8", "manifest.mpd"}) {
    const auto outcome =
        RunUsher({"inspect", (good.directory() / file).string()});
    EXPECT_EQ(outcome.exit_code, 0) << file << outcome.out << outcome.err;
  }
}

TEST(InspectCommand, PrintsOneJsonObjectALine) {
  Presentation broken(Good::kClear);
  broken.Remove("v180/2.m4s");
  const auto outcome = RunUsher({"inspect", broken.directory(), "--json"});
  EXPECT_EQ(outcome.exit_code, 1);
  std::istringstream lines(outcome.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object["severity"], "error");
    EXPECT_FALSE(object["check"].get<std::string>().empty());
    EXPECT_FALSE(object["place"].get<std::string>().empty());
    EXPECT_FALSE(object["clause"].get<std::string>().empty());
  }
  EXPECT_GE(count, 1);
}

TEST(InspectCommand, RefusesBadUsageInOneLine) {
  const Presentation good(Good::kClear);
  const std::string film = usher::testing::TestMedia("small.mp4");
  const std::vector<std::vector<std::string>> wrong = {
      {"inspect"},
      {"inspect", "/no/such/file.m3u8"},
      {"inspect", film},
      {"inspect", "/"},
      {"inspect", good.directory(), "--key", "12:34"},
      {"inspect", good.directory(), "--every", "0"},
      {"inspect", good.directory(), "--evry", "2"},
  };
  for (const auto& arguments : wrong) {
    const auto outcome = RunUsher(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << outcome.out;
  }
}

TEST(InspectCommand, NeverRepeatsAKeyThatItRefuses) {
  const auto outcome = RunUsher({"inspect", "/", "--key", std::string(kKey)});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err.find(kKey), std::string::npos) << outcome.err;
}

TEST(InspectCommand, ReadsEachNthSegmentAndTheLast) {
  Presentation broken(Good::kClear);
  broken.Remove("v180/2.m4s");
  const auto outcome =
      RunUsher({"inspect", broken.directory(), "--every", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
}

TEST(InspectCommand, EscapesWhatAPlaylistWouldDoToATerminal) {
  Presentation broken(Good::kClear);
  broken.Write("v180/media.m3u8",
               "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n\x1b[2Jx.m4s\n");
  const auto outcome = RunUsher({"inspect", broken.directory()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace usher::inspect::testing
