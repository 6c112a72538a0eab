// `usher live --state` killed without a warning, in the middle of everything,
// and started again: what was published stays, and the event goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/hex.h"
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

playlist::ReadMediaPlaylist ReadList(const fs::path& file) {
  if (!fs::exists(file)) return {};
  return playlist::ReadHls(ReadFile(file)).media;
}

// What viewers have been told: by media playlist, in order, each file's bytes.
class Published {
 public:
  explicit Published(const fs::path& event) {
    if (!fs::exists(event)) return;
    for (const auto& file : fs::recursive_directory_iterator(event)) {
      const std::string name = file.path().filename();
      if (name != "media.m3u8" && name != "event.m3u8") continue;
      Read(file.path());
    }
  }

  // That `later` says the same of what this one knows, and more of it.
  void ExpectKeptBy(const Published& later) const {
    for (const auto& [path, bytes] : files_) {
      const auto now = later.files_.find(path);
      // It may have left the window, and then its parts go.
      if (now == later.files_.end()) continue;
      EXPECT_EQ(now->second == bytes, true) << path << " has changed";
    }
    for (const auto& [path, list] : lists_) {
      ASSERT_TRUE(later.lists_.contains(path)) << path;
      const auto& now = later.lists_.at(path);
      EXPECT_EQ(now.target_duration, list.target_duration);
      EXPECT_GE(now.media_sequence, list.media_sequence);
      EXPECT_GE(now.discontinuity_sequence, list.discontinuity_sequence);
      ExpectSameSegments(path, list, now);
      ExpectSameParts(path, list, now);
    }
  }
  const std::map<std::string, playlist::ReadMediaPlaylist>& lists() const {
    return lists_;
  }
  bool Names(const std::string& file) const { return files_.contains(file); }

 private:
  void Read(const fs::path& file) {
    const auto read = playlist::ReadHls(ReadFile(file));
    EXPECT_TRUE(read.problems.empty())
        << file << ": " << read.problems.front().what;
    const playlist::ReadMediaPlaylist& list = read.media;
    lists_[file] = list;
    for (const auto& map : list.maps) Add(file.parent_path() / map.uri);
    for (const auto& segment : list.segments) {
      if (!segment.gap) Add(file.parent_path() / segment.uri);
      AddParts(file.parent_path(), segment);
    }
    AddParts(file.parent_path(), list.open);
  }
  void AddParts(const fs::path& directory,
                const playlist::ReadSegment& segment) {
    for (const auto& part : segment.parts) Add(directory / part.uri);
  }
  void Add(const fs::path& file) {
    if (!fs::exists(file)) {
      ADD_FAILURE() << file << " is named, and is not there";
      return;
    }
    files_[file] = ReadFile(file);
  }
  static void ExpectSameSegments(const std::string& path,
                                 const playlist::ReadMediaPlaylist& before,
                                 const playlist::ReadMediaPlaylist& now) {
    for (const auto& old : before.segments) {
      if (old.number < now.media_sequence) continue;
      const size_t index = old.number - now.media_sequence;
      ASSERT_LT(index, now.segments.size()) << path << " has lost its end";
      const auto& same = now.segments[index];
      EXPECT_EQ(same.uri, old.uri) << path;
      EXPECT_EQ(same.duration, old.duration) << path << " " << old.uri;
      EXPECT_EQ(same.discontinuities, old.discontinuities) << path;
      EXPECT_EQ(same.date, old.date) << path;
      EXPECT_EQ(same.gap, old.gap) << path << " " << old.uri;
      EXPECT_EQ(now.maps.at(*same.map).uri, before.maps.at(*old.map).uri);
    }
  }
  // Of the segment that was open.
  static void ExpectSameParts(const std::string& path,
                              const playlist::ReadMediaPlaylist& before,
                              const playlist::ReadMediaPlaylist& now) {
    if (before.open.parts.empty()) return;
    const uint64_t number = before.open.number;
    if (number < now.media_sequence) return;
    const size_t index = number - now.media_sequence;
    const auto& same =
        index < now.segments.size() ? now.segments[index] : now.open;
    EXPECT_EQ(same.number, number) << path;
    if (same.parts.empty()) return;  // too old by now
    ASSERT_GE(same.parts.size(), before.open.parts.size()) << path;
    for (size_t i = 0; i < before.open.parts.size(); ++i) {
      EXPECT_EQ(same.parts[i].uri, before.open.parts[i].uri) << path;
      EXPECT_EQ(same.parts[i].duration, before.open.parts[i].duration) << path;
    }
  }

  std::map<std::string, playlist::ReadMediaPlaylist> lists_;
  std::map<std::string, std::string> files_;
};

class LiveRestartTest : public ::testing::Test {
 protected:
  fs::path event() const { return directory_.path() / "out" / "fight"; }
  fs::path log() const { return directory_.path() / "usher.log"; }
  fs::path state() const { return directory_.path() / "state"; }

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
                                        "--key-output",
                                        directory_.path() / "origin-keys",
                                        "--state",
                                        state(),
                                        "--segment-duration",
                                        "1"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  std::string Url() const {
    return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live/correct-horse";
  }
  uint64_t Newest() const {
    const auto media = ReadList(event() / "v180/media.m3u8");
    return media.segments.empty() ? 0 : media.segments.back().number;
  }
  std::vector<std::string> Keys() const {
    const Outcome keys = RunUsher({"key", "export", "--event", "fight",
                                   "--key-store", directory_.path() / "keys"});
    std::vector<std::string> lines;
    std::istringstream text(keys.out);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  void ExpectNothingWrong(const std::string& list) const {
    std::vector<std::string> command = {"inspect", event() / list};
    for (const std::string& key : Keys()) {
      command.insert(command.end(), {"--key", key});
    }
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.find("not-decrypted"), std::string::npos)
        << outcome.out;
  }
  // No secret, and nothing of a segment that nobody names.
  void ExpectNoTraces(const Published& published) const {
    const std::string journal = ReadFile(state() / "journal");
    size_t in_use = 0;
    for (const std::string& line : Keys()) {
      const size_t colon = line.find(':');
      const auto kid = FromHex(line.substr(0, colon));
      const auto key = FromHex(line.substr(colon + 1));
      ASSERT_TRUE(kid && key) << line;
      in_use += journal.contains(AsText(*kid)) ? 1 : 0;
      EXPECT_FALSE(journal.contains(AsText(*key)));
      EXPECT_FALSE(journal.contains(line.substr(colon + 1)));
    }
    EXPECT_TRUE(in_use > 0 || Keys().empty());
    for (const auto& file : fs::recursive_directory_iterator(event())) {
      const std::string name = file.path().filename();
      if (!name.ends_with(".m4s")) continue;
      const bool part = std::ranges::count(name, '.') == 2;
      if (part) continue;  // they outlive the lists that name them
      EXPECT_TRUE(published.Names(file.path())) << file.path();
    }
  }
  // The checksums of all pictures FFmpeg decodes, in order.
  static std::vector<std::string> PicturesOf(const fs::path& input) {
    const auto result = RunProcess({"ffmpeg", "-v", "fatal", "-i", input,
                                    "-map", "0:v", "-fps_mode", "passthrough",
                                    "-f", "framehash", "-hash", "md5", "-"});
    std::vector<std::string> pictures;
    std::istringstream text(result.out);
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with('#')) continue;
      pictures.push_back(line.substr(line.rfind(',') + 1));
    }
    return pictures;
  }
  // FFmpeg follows the list over every seam: it shows what lies in the files.
  void ExpectPlayedThrough(const std::string& track) const {
    const fs::path joined = directory_.path() / "joined.mp4";
    const auto list = ReadList(event() / track / "event.m3u8");
    std::string all = ReadFile(event() / track / list.maps.front().uri);
    for (const auto& segment : list.segments) {
      if (!segment.gap) all += ReadFile(event() / track / segment.uri);
    }
    WriteFile(joined, all);
    const auto pictures = PicturesOf(event() / track / "event.m3u8");
    EXPECT_GT(pictures.size(), 100U);
    EXPECT_EQ(pictures, PicturesOf(joined));
  }

  const uint16_t port_ = FreePort();
  TempDir directory_;
};

// An encoder that comes back by itself, as they do.
class Encoder {
 public:
  Encoder(const std::string& film, const std::string& url, const fs::path& log)
      : child_({"sh", "-c",
                "while :; do ffmpeg -v error -re -stream_loop -1 -i \"$0\" -c "
                "copy -f flv \"$1\"; sleep 0.1; done",
                film, url},
               log) {}

 private:
  ChildProcess child_;
};

TEST_F(LiveRestartTest, GoesOnWhereItWasKilledWithARealEncoder) {
  const auto command = Command(
      Url(), {"--encryption", "aes-128,cbcs", "--part-duration", "0.5"});
  Encoder encoder(TestMedia("film.mp4"), Url(), directory_.path() / "e.log");
  {
    ChildProcess usher(command, log());
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 4; })) << ReadFile(log());
    usher.Signal(SIGKILL);
    usher.Wait(std::chrono::seconds(10));
  }
  const Published before(event());
  const auto mpd = ReadFile(event() / "cbcs/manifest.mpd");
  const auto keys = Keys();
  const uint64_t newest = Newest();
  ChildProcess usher(command, directory_.path() / "second.log");
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= newest + 4; }))
      << ReadFile(directory_.path() / "second.log");
  {
    const Published now(event());
    before.ExpectKeptBy(now);
  }
  const auto start = [](const std::string& text) {
    const size_t at = text.find("availabilityStartTime");
    return text.substr(at, text.find('"', text.find('"', at) + 1) - at);
  };
  EXPECT_EQ(start(ReadFile(event() / "cbcs/manifest.mpd")), start(mpd));
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0)
      << ReadFile(directory_.path() / "second.log");
  const Published after(event());
  before.ExpectKeptBy(after);
  ExpectNoTraces(after);
  EXPECT_EQ(Keys(), keys);
  const auto whole = ReadList(event() / "v180/event.m3u8");
  EXPECT_TRUE(whole.end_list);
  EXPECT_EQ(whole.segments.back().discontinuities, 1U);
  EXPECT_EQ(whole.maps.size(), 1U) << "the encoder is the same";
  for (size_t i = 0; i < whole.segments.size(); ++i) {
    EXPECT_EQ(whole.segments[i].number, i + 1);
  }
  EXPECT_TRUE(
      ReadFile(event() / "cbcs/manifest.mpd").contains("<Period id=\"2\""));
  for (const char* list :
       {"master.m3u8", "master-event.m3u8", "cbcs/master.m3u8",
        "cbcs/master-event-clearkey.m3u8", "cbcs/manifest.mpd"}) {
    ExpectNothingWrong(list);
  }
  const auto again = RunProcess(command);
  EXPECT_EQ(again.exit_code, 2) << again.err;
  EXPECT_TRUE(again.err.contains("has ended")) << again.err;
}

// Players wait at the hint, with the key they have been told.
TEST_F(LiveRestartTest, ListsAreWholeBeforeTheEncoderIsBack) {
  const auto command = Command(
      Url(), {"--encryption", "aes-128,cbcs", "--part-duration", "0.5"});
  {
    Encoder encoder(TestMedia("film.mp4"), Url(), directory_.path() / "e.log");
    for (const uint64_t more : {3, 3}) {  // the second time behind a seam
      const uint64_t newest = Newest();
      ChildProcess usher(command, log());
      ASSERT_TRUE(WaitUntil([&] { return Newest() >= newest + more; }))
          << ReadFile(log());
      usher.Signal(SIGKILL);
      usher.Wait(std::chrono::seconds(10));
    }
  }
  const fs::path third = directory_.path() / "third.log";
  const Published before(event());
  ChildProcess usher(command, third);
  ASSERT_TRUE(WaitUntil([&] {
    return fs::exists(third) &&
           ReadFile(third).contains("goes on with segment");
  })) << ReadFile(third);
  before.ExpectKeptBy(Published(event()));
  for (const char* path : {"v180/media.m3u8", "cbcs/a-und/media.m3u8"}) {
    const auto list = ReadList(event() / path);
    EXPECT_FALSE(list.end_list);
    ASSERT_EQ(list.hints.size(), 1U) << path;
    EXPECT_EQ(list.hints.front().uri,
              std::to_string(list.segments.back().number + 1) + ".0.m4s");
    EXPECT_NE(list.keys.back().method, "NONE") << ReadFile(event() / path);
    EXPECT_EQ(list.open.discontinuities, 1U) << ReadFile(event() / path);
  }
  ExpectNothingWrong("master.m3u8");
  ExpectNothingWrong("cbcs/master.m3u8");
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(third);
}

TEST_F(LiveRestartTest, IsEndedByItsStateDirectory) {
  const std::vector<std::string> stop = {USHER_BINARY, "live", "--stop",
                                         "--state", state()};
  EXPECT_EQ(RunProcess(stop).exit_code, 2) << "nothing runs";
  ChildProcess usher(
      Command(TestMedia("film.mp4"), {"--encryption", "none", "--realtime"}),
      log());
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  const auto second = RunProcess(Command(TestMedia("film.mp4"), {}));
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_TRUE(second.err.contains("belongs to an usher live that runs"))
      << second.err;
  const auto stopped = RunProcess(stop);
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_TRUE(ReadList(event() / "v180/media.m3u8").end_list)
      << "it has ended when the command returns";
  EXPECT_EQ(usher.Wait(std::chrono::seconds(10)), 0);
  EXPECT_EQ(RunProcess(stop).exit_code, 2);
}

TEST_F(LiveRestartTest, RefusesToGoOnWithOtherSettings) {
  {
    ChildProcess usher(
        Command(TestMedia("film.mp4"), {"--encryption", "none", "--realtime"}),
        log());
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 1; })) << ReadFile(log());
    usher.Signal(SIGKILL);
    usher.Wait(std::chrono::seconds(10));
  }
  const auto other =
      RunProcess(Command(TestMedia("film.mp4"), {"--encryption", "cbcs"}));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(other.err.contains("--encryption none")) << other.err;
}

struct Kills {
  const char* name;
  std::vector<std::string> flags;
};

class RandomKillsTest : public LiveRestartTest,
                        public ::testing::WithParamInterface<Kills> {};

// A film as fast as it goes, so that it is hit in the middle of whatever it
// does.
TEST_P(RandomKillsTest, LoseNothingThatWasPublished) {
  constexpr int kKills = 12;
  const fs::path film = directory_.path() / "film.ts";
  const auto made =
      RunProcess({"ffmpeg", "-v", "error", "-stream_loop", "3", "-i",
                  TestMedia("film.mp4"), "-c", "copy", "-f", "mpegts", film});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto command = Command(film, GetParam().flags);
  std::minstd_rand random(std::hash<std::string>()(GetParam().name));
  int resumed = 0;
  for (int i = 0; i < kKills; ++i) {
    const Published before(event());
    {
      ChildProcess usher(command, log());
      // Random, and no matter what it hits; at the end it is started anyway.
      const uint64_t more = random() % 6;
      const uint64_t newest = Newest();
      WaitUntil([&] { return Newest() >= newest + more || !usher.running(); });
      std::this_thread::sleep_for(milliseconds(random() % 15));
      usher.Signal(SIGKILL);
      const auto code = usher.Wait(std::chrono::seconds(10));
      ASSERT_TRUE(code == 128 + SIGKILL || code == 0 || code == -SIGKILL)
          << code.value_or(-1) << ReadFile(log());
      resumed += ReadFile(log()).contains("goes on with segment") ? 1 : 0;
      if (code == 0) break;  // it was done already
    }
    const Published after(event());
    before.ExpectKeptBy(after);
    if (HasFailure()) {
      FAIL() << "kill " << i << "\n" << ReadFile(log());
    }
  }
  EXPECT_GT(resumed, 0);
  const Published before(event());
  const auto result = RunProcess(command);
  if (!result.err.contains("has ended")) {
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  const Published after(event());
  before.ExpectKeptBy(after);
  ExpectNoTraces(after);
  ExpectNothingWrong("master.m3u8");
  ExpectNothingWrong("master-event.m3u8");
  const auto whole = ReadList(event() / "v180/event.m3u8");
  for (size_t i = 0; i < whole.segments.size(); ++i) {
    EXPECT_EQ(whole.segments[i].number, i + 1);
  }
  if (std::ranges::count(GetParam().flags, "none") != 0) {
    ExpectPlayedThrough("v180");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schemes, RandomKillsTest,
    ::testing::Values(
        Kills{"Aes128", {"--encryption", "aes-128"}},
        Kills{"Cbcs", {"--encryption", "cbcs"}},
        Kills{"Cenc", {"--encryption", "cenc,aes-128"}},
        Kills{"Aes128Rotating",
              {"--encryption", "aes-128", "--key-rotation", "2s"}},
        Kills{"CbcsInPartsRotating",
              {"--encryption", "cbcs", "--part-duration", "0.5",
               "--key-rotation", "2s"}},
        Kills{"Clear", {"--encryption", "none"}},
        Kills{"Aes128InParts",
              {"--encryption", "aes-128", "--part-duration", "0.5"}},
        Kills{"CbcsInParts",
              {"--encryption", "cbcs", "--part-duration", "0.5"}},
        Kills{"ClearInParts",
              {"--encryption", "none", "--part-duration", "0.5"}}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace usher::testing
