// `usher live --epoch`: packagers that are fed the same, each a process of its
// own, write the same.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/playlist/date_time.h"
#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr char kKey[] =
    "00112233445566778899aabbccddeeff:ffeeddccbbaa99887766554433221100";
constexpr char kSalt[] = "0123456789abcdef0123456789abcdef";

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// So many seconds ago.
std::string Ago(int64_t time) {
  return playlist::DateTime(std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now() - seconds(time)));
}

class LiveEpochTest : public ::testing::Test {
 protected:
  fs::path event(const std::string& who) const {
    return directory_.path() / who / "fight";
  }
  fs::path feed() const { return directory_.path() / "feed.ts"; }
  std::vector<std::string> Command(
      const std::string& who, const std::vector<std::string>& flags) const {
    std::vector<std::string> command = {USHER_BINARY,
                                        "live",
                                        "-",
                                        "--event",
                                        "fight",
                                        "-o",
                                        event(who).parent_path(),
                                        "--epoch",
                                        epoch_,
                                        "--key-store",
                                        directory_.path() / (who + "-keys"),
                                        "--state",
                                        directory_.path() / (who + "-state"),
                                        "--segment-duration",
                                        duration_};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  static std::vector<std::string> Encrypted(const std::string& scheme) {
    return {"--encryption", scheme, "--key", kKey, "--salt", kSalt};
  }
  playlist::ReadMediaPlaylist ListOf(const std::string& who,
                                     const std::string& name) const {
    const fs::path file = event(who) / "v180" / name;
    return fs::exists(file) ? playlist::ReadHls(ReadFile(file)).media
                            : playlist::ReadMediaPlaylist{};
  }
  uint64_t Newest(const std::string& who) const {
    const auto list = ListOf(who, "media.m3u8");
    return list.segments.empty() ? 0 : list.segments.back().number;
  }
  // Segments, parts and init segments by path.
  std::map<std::string, std::string> MediaOf(const std::string& who) const {
    std::map<std::string, std::string> media;
    for (const auto& file : fs::recursive_directory_iterator(event(who))) {
      const fs::path path = file.path();
      if (path.extension() != ".m4s" && path.extension() != ".mp4") continue;
      media[fs::relative(path, event(who))] = ReadFile(path);
    }
    return media;
  }
  // How many files both have, which are the same.
  size_t ExpectTheSame(const std::string& a, const std::string& b) const {
    const auto others = MediaOf(b);
    size_t both = 0;
    for (const auto& [path, bytes] : MediaOf(a)) {
      const auto other = others.find(path);
      if (other == others.end()) continue;
      ++both;
      EXPECT_EQ(other->second == bytes, true) << path << " differs";
    }
    return both;
  }
  // That lists say the same of the segments both have.
  void ExpectAgreement(const std::string& a, const std::string& b) const {
    const auto one = ListOf(a, "event.m3u8");
    const auto other = ListOf(b, "event.m3u8");
    EXPECT_EQ(one.target_duration, other.target_duration);
    EXPECT_EQ(one.discontinuity_sequence, other.discontinuity_sequence);
    size_t both = 0;
    for (const auto& segment : one.segments) {
      if (segment.number < other.media_sequence) continue;
      const size_t index = segment.number - other.media_sequence;
      if (index >= other.segments.size()) continue;
      const auto& same = other.segments[index];
      if (segment.gap || same.gap) continue;
      ++both;
      EXPECT_EQ(segment.uri, same.uri);
      EXPECT_EQ(segment.duration, same.duration) << segment.uri;
      EXPECT_EQ(segment.date, same.date) << segment.uri;
      EXPECT_EQ(segment.discontinuities, same.discontinuities) << segment.uri;
      EXPECT_EQ(one.maps.at(*segment.map).uri, other.maps.at(*same.map).uri);
    }
    EXPECT_GE(both, 2U);
  }
  void ExpectNothingWrong(const std::string& who,
                          const std::string& list) const {
    const Outcome outcome =
        RunUsher({"inspect", event(who) / list, "--key", kKey});
    EXPECT_EQ(outcome.exit_code, 0) << who << list << outcome.out;
  }

  TempDir directory_;
  std::string epoch_;
  std::string duration_ = "2";
};

struct Case {
  const char* name;
  std::vector<std::string> flags;
  int64_t from;       // of the timestamps, seconds
  const char* epoch;  // empty: `from` ago
};

class LiveEpochFileTest : public LiveEpochTest,
                          public ::testing::WithParamInterface<Case> {};

std::vector<std::string> With(std::vector<std::string> flags,
                              std::vector<std::string> more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// One of them comes in the middle of a packet.
TEST_P(LiveEpochFileTest, WhoComesLaterWritesTheSameSegments) {
  const Case& param = GetParam();
  const bool since_1970 = *param.epoch != '\0';
  const int64_t from = since_1970 ? std::chrono::system_clock::to_time_t(
                                        std::chrono::system_clock::now())
                                  : param.from;
  duration_ = "2.002";
  epoch_ = since_1970 ? param.epoch : Ago(from);
  const auto made = RunProcess({"ffmpeg",
                                "-v",
                                "error",
                                "-f",
                                "lavfi",
                                "-i",
                                "testsrc2=s=320x180:r=24000/1001",
                                "-f",
                                "lavfi",
                                "-i",
                                "sine=440:r=44100",
                                "-t",
                                "30",
                                "-c:v",
                                "libx264",
                                "-preset",
                                "ultrafast",
                                "-bf",
                                "2",
                                "-g",
                                "48",
                                "-sc_threshold",
                                "0",
                                "-c:a",
                                "aac",
                                "-output_ts_offset",
                                std::to_string(from) + ".3",
                                "-f",
                                "mpegts",
                                feed()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string all = ReadFile(feed());
  const auto first = RunProcess(Command("a", param.flags), {.input = all});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_FALSE(first.err.contains("stand still")) << first.err;
  const auto second =
      RunProcess(Command("b", param.flags),
                 {.input = std::string_view(all).substr(all.size() / 2 + 77)});
  ASSERT_EQ(second.exit_code, 0) << second.err;

  const auto media = MediaOf("b");
  EXPECT_EQ(ExpectTheSame("a", "b"), media.size());
  EXPECT_GE(media.size(), 10U);
  ExpectAgreement("a", "b");
  for (const char* who : {"a", "b"}) {
    ExpectNothingWrong(who, "master.m3u8");
    ExpectNothingWrong(who, "master-event.m3u8");
    if (!fs::exists(event(who) / "manifest.mpd")) continue;
    ExpectNothingWrong(who, "manifest.mpd");
    // The film that is left does not begin years before its first segment.
    const std::string mpd = ReadFile(event(who) / "manifest.mpd");
    const size_t at = mpd.find("mediaPresentationDuration=\"PT") + 29;
    EXPECT_LT(std::stod(mpd.substr(at)), 31) << mpd.substr(0, 500);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LiveEpochFileTest,
    ::testing::Values(
        Case{
            "aes128",
            With({"--encryption", "aes-128"}, {"--key", kKey, "--salt", kSalt}),
            5000, ""},
        Case{"cbcs",
             {"--encryption", "cbcs", "--key", kKey, "--salt", kSalt},
             5000,
             ""},
        Case{"cenc",
             {"--encryption", "cenc", "--key", kKey, "--salt", kSalt},
             5000,
             ""},
        Case{"none", {"--encryption", "none"}, 5000, ""},
        Case{"parts",
             {"--encryption", "aes-128", "--key", kKey, "--salt", kSalt,
              "--part-duration", "0.5"},
             5000,
             ""},
        // 33 bits are full in the middle of what both see, or before the second
        // one comes.
        Case{"wraps", {"--encryption", "none"}, 95'443 - 25, ""},
        Case{"wrapped", {"--encryption", "none"}, 95'443 - 5, ""},
        Case{"since1970", {"--encryption", "none"}, 0, "1970-01-01T00:00:00Z"}),
    [](const auto& param) { return param.param.name; });

// A packager whose standard input is what comes to a file from now on.
ChildProcess Follow(const std::vector<std::string>& command, bool from_begin,
                    const fs::path& feed, const fs::path& log) {
  std::vector<std::string> shell = {
      "bash", "-c",
      "exec \"${@:2}\" < <(exec tail -f -s 0.05 --pid=$$ -c \"$1\" \"$0\")",
      feed, from_begin ? "+1" : "0"};
  shell.insert(shell.end(), command.begin(), command.end());
  return ChildProcess(shell, log);
}

TEST_F(LiveEpochTest, EitherMayBeKilledAndComeBack) {
  epoch_ = Ago(5000);
  const fs::path log = directory_.path() / "log";
  const auto flags = Encrypted("cenc");
  WriteFile(feed(), "");
  ChildProcess encoder(
      {"ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i",
       TestMedia("film.mp4"), "-c", "copy", "-output_ts_offset", "5000",
       "-flush_packets", "1", "-f", "mpegts", "-y", feed()},
      directory_.path() / "encoder.log");
  ChildProcess a = Follow(Command("a", flags), true, feed(), log);
  ASSERT_TRUE(WaitUntil([&] { return Newest("a") > 0; })) << ReadFile(log);
  uint64_t killed_at = 0;
  {
    ChildProcess b =
        Follow(Command("b", flags), false, feed(), directory_.path() / "b.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest("b") > 0; }));
    b.Signal(SIGKILL);
    b.Wait(seconds(10));
    killed_at = Newest("b");
  }
  ASSERT_TRUE(WaitUntil([&] { return Newest("a") >= killed_at + 2; }));
  ChildProcess b =
      Follow(Command("b", flags), false, feed(), directory_.path() / "b2.log");
  ASSERT_TRUE(WaitUntil([&] { return Newest("b") >= killed_at + 5; }))
      << ReadFile(directory_.path() / "b2.log");
  ASSERT_TRUE(WaitUntil([&] { return Newest("a") >= Newest("b"); }));
  for (ChildProcess* each : {&a, &b}) {
    each->Signal(SIGTERM);
    EXPECT_EQ(each->Wait(seconds(30)), 0) << ReadFile(log);
  }
  EXPECT_GE(ExpectTheSame("a", "b"), 6U);
  ExpectAgreement("a", "b");
  for (const char* who : {"a", "b"}) {
    ExpectNothingWrong(who, "master-event.m3u8");
    ExpectNothingWrong(who, "manifest.mpd");
  }
  // What was missed is a gap, and nothing else shows.
  const auto list = ListOf("b", "event.m3u8");
  EXPECT_EQ(list.segments.back().discontinuities, 0U);
  size_t gaps = 0;
  for (const auto& segment : list.segments) gaps += segment.gap ? 1 : 0;
  EXPECT_GE(gaps, 1U);
}

}  // namespace
}  // namespace usher::testing
