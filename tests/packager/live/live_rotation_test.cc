// `usher live --key-rotation`: the real program over a film as fast as it goes,
// and at its own pace where the origin's key store is in the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/crypto/system_random.h"
#include "core/keys/key_store.h"
#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
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

class LiveRotationTest : public ::testing::Test {
 protected:
  fs::path event() const { return directory_.path() / "out" / "fight"; }
  fs::path log() const { return directory_.path() / "usher.log"; }
  fs::path origin_keys() const { return directory_.path() / "origin-keys"; }

  // Of a film of 32 s, key frames 1 s apart.
  std::vector<std::string> Command(
      const std::vector<std::string>& flags) const {
    const fs::path film = directory_.path() / "film.ts";
    const auto made =
        RunProcess({"ffmpeg", "-v", "error", "-y", "-stream_loop", "3", "-i",
                    TestMedia("film.mp4"), "-c", "copy", "-f", "mpegts", film});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    std::vector<std::string> command = {USHER_BINARY,
                                        "live",
                                        film,
                                        "--event",
                                        "fight",
                                        "-o",
                                        event().parent_path(),
                                        "--key-store",
                                        directory_.path() / "keys",
                                        "--key-output",
                                        origin_keys(),
                                        "--segment-duration",
                                        "1"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  static playlist::ReadMediaPlaylist Read(const fs::path& file) {
    if (!fs::exists(file)) return {};
    return playlist::ReadHls(ReadFile(file)).media;
  }
  // KIDs in the order in which a list names them, and their first segments.
  static std::vector<std::pair<std::string, playlist::ReadSegment>> KidsOf(
      const fs::path& file) {
    std::vector<std::pair<std::string, playlist::ReadSegment>> kids;
    const auto list = Read(file);
    for (const auto& segment : list.segments) {
      if (segment.keys.empty()) continue;
      const std::string& uri = list.keys.at(segment.keys.front()).uri;
      const std::string kid = uri.substr(uri.rfind('/') + 1);
      if (kids.empty() || kids.back().first != kid)
        kids.push_back({kid, segment});
    }
    return kids;
  }
  keys::ContentKey KeyOf(const std::string& kid) const {
    crypto::SystemRandom random;
    auto store = keys::KeyStore::OpenOrCreate(
        directory_.path() / "keys", directory_.path() / "master.key", random);
    auto key = store->Get("fight", *keys::KeyId::Parse(kid));
    EXPECT_TRUE(key.has_value()) << kid;
    return std::move(*key);
  }
  void ExpectNothingWrong(const std::string& list) const {
    const Outcome keys = RunUsher({"key", "export", "--event", "fight",
                                   "--key-store", directory_.path() / "keys"});
    std::vector<std::string> command = {"inspect", event() / list};
    std::istringstream lines(keys.out);
    for (std::string line; std::getline(lines, line);) {
      command.insert(command.end(), {"--key", line});
    }
    const Outcome outcome = RunUsher(command);
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.find("not-decrypted"), std::string::npos)
        << outcome.out;
    EXPECT_EQ(outcome.out.find("warning:"), std::string::npos) << outcome.out;
  }
  static size_t Count(const std::string& text, const std::string& what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  }

  TempDir directory_;
};

TEST_F(LiveRotationTest, EachCryptoPeriodHasAKeyInEveryScheme) {
  for (const std::vector<std::string>& parts :
       {std::vector<std::string>{},
        std::vector<std::string>{"--part-duration", "0.5"}}) {
    fs::remove_all(event());
    auto command = Command({"--encryption", "aes-128,cbcs,cenc",
                            "--key-rotation", "6s", "--window", "all"});
    command.insert(command.end(), parts.begin(), parts.end());
    const auto result = RunProcess(command);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const char* list :
         {"master.m3u8", "cbcs/master.m3u8", "cbcs/master-clearkey.m3u8",
          "cbcs/manifest.mpd", "cenc/master.m3u8", "cenc/manifest.mpd"}) {
      ExpectNothingWrong(list);
    }
    for (const char* scheme : {"", "cbcs", "cenc"}) {
      const auto kids = KidsOf(event() / scheme / "v180/media.m3u8");
      EXPECT_GE(kids.size(), 4U) << scheme;
      const auto sound = KidsOf(event() / scheme / "a-und/media.m3u8");
      ASSERT_EQ(sound.size(), kids.size());
      for (size_t i = 0; i < kids.size(); ++i) {
        EXPECT_EQ(sound[i].first, kids[i].first);
        EXPECT_EQ(sound[i].second.number, kids[i].second.number);
      }
    }
    const auto media = Read(event() / "cbcs/v180/media.m3u8");
    EXPECT_EQ(media.maps.size(),
              KidsOf(event() / "cbcs/v180/media.m3u8").size())
        << "an init segment for each key";
    EXPECT_EQ(Read(event() / "v180/media.m3u8").maps.size(), 1U);
    EXPECT_EQ(media.segments.back().discontinuities, 0U) << "there is no seam";
    const std::string mpd = ReadFile(event() / "cbcs/manifest.mpd");
    EXPECT_EQ(Count(mpd, "<Period "), media.maps.size());
    EXPECT_EQ(Count(mpd, "urn:mpeg:dash:period-continuity:2015"),
              2 * (media.maps.size() - 1));
  }
}

TEST_F(LiveRotationTest, AKeyIsAnsweredFromATargetDurationBeforeItsPeriod) {
  const auto result =
      RunProcess(Command({"--encryption", "aes-128", "--key-rotation", "6s"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto list = Read(event() / "v180/event.m3u8");
  const auto kids = KidsOf(event() / "v180/event.m3u8");
  ASSERT_GE(kids.size(), 4U);
  EXPECT_EQ(KeyOf(kids.front().first).from, 0U);
  const auto begin = *list.segments.front().date;
  for (size_t i = 1; i < kids.size(); ++i) {
    const double due = static_cast<double>(begin) / 1000 +
                       6.0 * static_cast<double>(i) -
                       static_cast<double>(*list.target_duration);
    EXPECT_NEAR(static_cast<double>(KeyOf(kids[i].first).from), due, 1) << i;
    EXPECT_EQ(ReadFile(origin_keys() / "fight" / (kids[i].first + ".key")),
              ReadFile(directory_.path() / "keys" / "fight" /
                       (kids[i].first + ".key")));
  }
}

TEST_F(LiveRotationTest, WaitsForAnOriginThatTakesNoKeys) {
  ChildProcess usher(
      Command({"--encryption", "cbcs", "--key-rotation", "3s", "--realtime"}),
      log());
  const fs::path list = event() / "v180/event.m3u8";
  ASSERT_TRUE(WaitUntil([&] { return KidsOf(list).size() >= 2; }))
      << ReadFile(log());
  // The next one's may be there by now; no further one can be.
  const fs::path keys = origin_keys() / "fight";
  fs::rename(keys, origin_keys() / "away");
  WriteFile(keys, "no directory");
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("the key stays as it is");
  })) << ReadFile(log());
  const size_t number = Read(list).segments.size();
  const size_t kids = KidsOf(list).size();
  ASSERT_TRUE(WaitUntil([&] {
    return Read(list).segments.size() > number + 1;
  })) << "the event goes on";
  EXPECT_EQ(KidsOf(list).size(), kids);
  fs::remove(keys);
  fs::rename(origin_keys() / "away", keys);
  ASSERT_TRUE(WaitUntil([&] { return KidsOf(list).size() > kids; }))
      << ReadFile(log());
  EXPECT_TRUE(fs::exists(keys / (KidsOf(list).back().first + ".key")));
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  EXPECT_EQ(Count(ReadFile(log()), "the key stays as it is"), 1U)
      << ReadFile(log());
  ExpectNothingWrong("master-event.m3u8");
}

}  // namespace
}  // namespace usher::testing
