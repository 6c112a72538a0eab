// A disk that is really full for a while: a small tmpfs in a mount namespace of
// the program's own, seen from here through /proc.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "packager/live/event_journal.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = SteadyClock::now() + seconds(60);
  while (!condition()) {
    if (SteadyClock::now() >= deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

// Runs a command line with a tmpfs of its own over a directory.
std::vector<std::string> WithTmpfs(const fs::path& over,
                                   const std::string& size,
                                   const std::vector<std::string>& command) {
  std::vector<std::string> shell = {
      "unshare",
      "-rm",
      "sh",
      "-c",
      "mount -t tmpfs -o size=$0 tmpfs \"$1\" && shift && exec \"$@\"",
      size,
      over};
  shell.insert(shell.end(), command.begin(), command.end());
  return shell;
}

class LiveDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const fs::path& each : {output(), state()}) {
      fs::create_directories(each);
    }
    const auto tried = RunProcess(WithTmpfs(output(), "64k", {"true"}));
    if (tried.exit_code != 0) {
      GTEST_SKIP() << "no mount namespace may be made here: " << tried.err;
    }
  }

  fs::path output() const { return directory_.path() / "out"; }
  fs::path state() const { return directory_.path() / "state"; }
  fs::path log() const { return directory_.path() / "usher.log"; }
  std::string Url() const {
    return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live/correct-horse";
  }
  std::vector<std::string> Command() const {
    return {USHER_BINARY,
            "live",
            Url(),
            "--event",
            "fight",
            "-o",
            output(),
            "--key-store",
            directory_.path() / "keys",
            "--state",
            state(),
            "--segment-duration",
            "1",
            "--part-duration",
            "0.5",
            "--encryption",
            "aes-128,cbcs"};
  }
  std::vector<std::string> Encoder() const {
    return {"ffmpeg",       "-v",   "error", "-re",
            "-stream_loop", "-1",   "-i",    TestMedia("film.mp4"),
            "-c",           "copy", "-f",    "flv",
            Url()};
  }
  // As the child sees it.
  static fs::path Within(const ChildProcess& child, const fs::path& path) {
    return "/proc/" + std::to_string(child.pid()) + "/root" + path.string();
  }
  // Until nothing more fits.
  static void Fill(const fs::path& file) {
    std::ofstream out(file, std::ios::binary);
    const std::string block(512, 'x');
    while (out.write(block.data(), 512).flush()) {
    }
  }
  static uint64_t Newest(const fs::path& event) {
    const fs::path file = event / "v180/event.m3u8";
    if (!fs::exists(file)) return 0;
    const auto list = playlist::ReadHls(ReadFile(file)).media;
    return list.segments.empty() ? 0 : list.segments.back().number;
  }
  // The highest number of which a file was stored.
  static uint64_t Stored(const fs::path& event) {
    uint64_t highest = 0;
    for (const auto& file : fs::recursive_directory_iterator(event)) {
      if (file.path().extension() != ".m4s") continue;
      highest = std::max<uint64_t>(highest, std::stoull(file.path().stem()));
    }
    return highest;
  }
  uint64_t Begun(const fs::path& journal) const {
    const fs::path copy = directory_.path() / "copy";
    fs::create_directories(copy);
    fs::copy_file(journal, copy / "journal",
                  fs::copy_options::overwrite_existing);
    const auto opened = live::EventJournal::Open(copy);
    return opened && opened->found() ? opened->found()->begun : 0;
  }
  // Nothing is missing, and nothing is wrong.
  void ExpectWhole(const fs::path& event) const {
    const auto list =
        playlist::ReadHls(ReadFile(event / "v180/event.m3u8")).media;
    EXPECT_TRUE(list.end_list);
    for (const auto& segment : list.segments) {
      EXPECT_FALSE(segment.gap) << segment.uri;
      EXPECT_EQ(segment.discontinuities, 0U) << segment.uri;
    }
    for (const char* name :
         {"master.m3u8", "cbcs/master-event.m3u8", "cbcs/manifest.mpd"}) {
      const Outcome outcome = RunUsher({"inspect", event / name});
      EXPECT_EQ(outcome.exit_code, 0) << name << outcome.out << outcome.err;
    }
  }

  const uint16_t port_ = FreePort();
  TempDir directory_;
};

TEST_F(LiveDiskTest, NothingIsStoredThatTheJournalDoesNotKnowOf) {
  ChildProcess usher(WithTmpfs(state(), "128k", Command()), log());
  ASSERT_TRUE(WaitForListener(port_)) << ReadFile(log());
  ChildProcess encoder(Encoder(), directory_.path() / "encoder.log");
  const fs::path event = output() / "fight";
  const fs::path filler = Within(usher, state()) / "filler";
  ASSERT_TRUE(WaitUntil([&] { return Newest(event) >= 2; })) << ReadFile(log());
  Fill(filler);
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("nothing is published until");
  })) << ReadFile(log());
  const uint64_t begun = Begun(Within(usher, state()) / "journal");
  EXPECT_GT(begun, 0U);
  for (const auto end = SteadyClock::now() + seconds(5);
       SteadyClock::now() < end;
       std::this_thread::sleep_for(milliseconds(100))) {
    ASSERT_LE(Stored(event), begun);
  }
  fs::remove(filler);
  ASSERT_TRUE(WaitUntil([&] { return Newest(event) >= begun + 4; }))
      << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(60)), 0) << ReadFile(log());
  const std::string told = ReadFile(log());
  EXPECT_TRUE(told.contains("the journal can be written again")) << told;
  const std::string once = "nothing is published until";
  EXPECT_EQ(told.find(once), told.rfind(once)) << told;
  ExpectWhole(event);
}

TEST_F(LiveDiskTest, AnEventEndsWhileItsJournalCannotBeWritten) {
  ChildProcess usher(WithTmpfs(state(), "128k", Command()), log());
  ASSERT_TRUE(WaitForListener(port_)) << ReadFile(log());
  ChildProcess encoder(Encoder(), directory_.path() / "encoder.log");
  const fs::path event = output() / "fight";
  ASSERT_TRUE(WaitUntil([&] { return Newest(event) >= 2; })) << ReadFile(log());
  Fill(Within(usher, state()) / "filler");
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("nothing is published until");
  })) << ReadFile(log());
  const uint64_t begun = Begun(Within(usher, state()) / "journal");
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(60)), 0) << ReadFile(log());
  EXPECT_LE(Stored(event), begun);
  EXPECT_TRUE(
      playlist::ReadHls(ReadFile(event / "v180/event.m3u8")).media.end_list);
}

TEST_F(LiveDiskTest, AFullDiskHoldsTheEventUpAndLosesNothing) {
  ChildProcess usher(WithTmpfs(output(), "16m", Command()), log());
  ASSERT_TRUE(WaitForListener(port_)) << ReadFile(log());
  ChildProcess encoder(Encoder(), directory_.path() / "encoder.log");
  const fs::path event = Within(usher, output()) / "fight";
  const fs::path filler = Within(usher, output()) / "filler";
  ASSERT_TRUE(WaitUntil([&] { return Newest(event) >= 2; })) << ReadFile(log());
  Fill(filler);
  ASSERT_TRUE(WaitUntil([&] {
    return ReadFile(log()).contains("trying again");
  })) << ReadFile(log());
  std::this_thread::sleep_for(seconds(5));  // so long it is full
  const uint64_t newest = Newest(event);
  fs::remove(filler);
  ASSERT_TRUE(WaitUntil([&] { return Newest(event) >= newest + 4; }))
      << ReadFile(log());
  EXPECT_TRUE(ReadFile(log()).contains("storage works again"));
  // It is gone with the program.
  usher.Signal(SIGSTOP);
  const fs::path kept = directory_.path() / "kept";
  fs::copy(event, kept, fs::copy_options::recursive);
  usher.Signal(SIGCONT);
  const auto list = playlist::ReadHls(ReadFile(kept / "v180/event.m3u8")).media;
  for (const auto& segment : list.segments) {
    EXPECT_FALSE(segment.gap) << segment.uri;
    EXPECT_TRUE(fs::exists(kept / "v180" / segment.uri)) << segment.uri;
  }
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(60)), 0) << ReadFile(log());
}

}  // namespace
}  // namespace usher::testing
