// What an event lives through: a publisher who is away, a disk that fails, a
// clock that wraps around. The real program, FFmpeg as the encoder.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

class LiveFaultsTest : public ::testing::Test {
 protected:
  fs::path event() const { return directory_.path() / "out" / "fight"; }
  fs::path log() const { return directory_.path() / "usher.log"; }
  std::vector<std::string> Command(
      const std::string& input, const std::vector<std::string>& flags) const {
    std::vector<std::string> command = {USHER_BINARY,
                                        "live",
                                        input,
                                        "--event",
                                        "fight",
                                        "-o",
                                        event().parent_path(),
                                        "--key-store",
                                        directory_.path() / "keys",
                                        "--segment-duration",
                                        "1"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  std::string Url() const {
    return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live/correct-horse";
  }
  std::vector<std::string> Encoder(const std::string& film) const {
    return {"ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i",
            film,     "-c", "copy",  "-f",  "flv",          Url()};
  }
  playlist::ReadMediaPlaylist Whole() const {
    const fs::path file = event() / "v180/event.m3u8";
    if (!fs::exists(file)) return {};
    return playlist::ReadHls(ReadFile(file)).media;
  }
  uint64_t Newest() const { return Whole().segments.size(); }
  void ExpectNothingWrong(const std::string& list) const {
    const Outcome outcome = RunUsher({"inspect", event() / list});
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.find("warning:"), std::string::npos) << outcome.out;
  }
  static std::string PicturesOf(const std::string& input) {
    const auto result = RunProcess({"ffmpeg", "-v", "error", "-i", input,
                                    "-map", "0:v", "-fps_mode", "passthrough",
                                    "-f", "framehash", "-hash", "md5", "-"});
    std::string hashes;
    std::istringstream text(result.out);
    for (std::string line; std::getline(text, line);) {
      if (!line.starts_with('#')) hashes += line.substr(line.rfind(',')) + "\n";
    }
    return hashes;
  }

  const uint16_t port_ = FreePort();
  TempDir directory_;
};

TEST_F(LiveFaultsTest, ASlateRunsWhileNobodyPublishes) {
  const std::string film = TestMedia("film.mp4");
  ChildProcess usher(Command(Url(), {"--encryption", "none", "--slate",
                                     TestMedia("narrow.mp4")}),
                     log());
  ASSERT_TRUE(WaitForListener(port_));
  {
    ChildProcess encoder(Encoder(film), directory_.path() / "first.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  }
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("fills the gap");
  })) << ReadFile(log());
  const uint64_t away = Newest();
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= away + 4; }))
      << ReadFile(log());
  const auto gap = Whole();
  const auto& last = gap.segments.back();
  const auto now = std::chrono::duration_cast<milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  EXPECT_LE(static_cast<double>(*last.date) + 1000 * last.duration,
            static_cast<double>(now.count()) + 1000)
      << "it runs no faster than it is watched";
  EXPECT_EQ(last.discontinuities, 1U);
  EXPECT_NE(gap.maps.at(*last.map).uri, gap.maps.front().uri);
  ChildProcess encoder(Encoder(film), directory_.path() / "second.log");
  const auto is_back = [&] {
    const auto whole = Whole();
    return whole.segments.back().discontinuities > 1 &&
           whole.segments.size() > gap.segments.size() + 2;
  };
  ASSERT_TRUE(WaitUntil(is_back)) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  const auto whole = Whole();
  EXPECT_TRUE(whole.end_list);
  EXPECT_EQ(whole.maps.size(), 3U) << "the film, the slate, the film";
  for (size_t i = 0; i < whole.segments.size(); ++i) {
    EXPECT_EQ(whole.segments[i].number, i + 1);
    EXPECT_FALSE(whole.segments[i].gap);
  }
  ExpectNothingWrong("master.m3u8");
  ExpectNothingWrong("master-event.m3u8");
  EXPECT_EQ(RunUsher({"inspect", event() / "manifest.mpd"}).exit_code, 0);
}

TEST_F(LiveFaultsTest, AnEventWithASlateEndsWhileItRuns) {
  ChildProcess usher(Command(Url(), {"--encryption", "none", "--slate",
                                     TestMedia("narrow.mp4")}),
                     log());
  ASSERT_TRUE(WaitForListener(port_));
  {
    ChildProcess encoder(Encoder(TestMedia("film.mp4")),
                         directory_.path() / "first.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  }
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("fills the gap");
  })) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  EXPECT_TRUE(Whole().end_list);
}

// A transport stream counts to 2^33 ticks: some 26.5 hours.
TEST_F(LiveFaultsTest, AClockThatWrapsAroundIsNoSeam) {
  const fs::path film = directory_.path() / "wrap.ts";
  const auto made =
      RunProcess({"ffmpeg", "-v", "error", "-i", TestMedia("film.mp4"), "-c",
                  "copy", "-output_ts_offset", "95440", "-f", "mpegts", film});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto result =
      RunProcess(Command(film, {"--encryption", "none", "--window", "all"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto media =
      playlist::ReadHls(ReadFile(event() / "v180/media.m3u8")).media;
  EXPECT_EQ(media.segments.back().discontinuities, 0U);
  EXPECT_EQ(PicturesOf(event() / "master.m3u8"), PicturesOf(film));
  ExpectNothingWrong("manifest.mpd");
}

TEST_F(LiveFaultsTest, ADiskThatFailsForAWhileCostsNothing) {
  ChildProcess usher(
      Command(TestMedia("film.mp4"), {"--encryption", "none", "--realtime",
                                      "--state", directory_.path() / "state"}),
      log());
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  fs::rename(event() / "v180", event() / "away");
  WriteFile(event() / "v180", "no directory");
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("trying again");
  })) << ReadFile(log());
  fs::remove(event() / "v180");
  fs::rename(event() / "away", event() / "v180");
  EXPECT_EQ(usher.Wait(std::chrono::seconds(40)), 0) << ReadFile(log());
  EXPECT_TRUE(ReadFile(log()).contains("storage works again"));
  const auto whole = Whole();
  EXPECT_TRUE(whole.end_list);
  EXPECT_TRUE(
      std::ranges::none_of(whole.segments, &playlist::ReadSegment::gap));
  EXPECT_EQ(PicturesOf(event() / "master-event.m3u8"),
            PicturesOf(TestMedia("film.mp4")));
  ExpectNothingWrong("manifest.mpd");
}

}  // namespace
}  // namespace usher::testing
