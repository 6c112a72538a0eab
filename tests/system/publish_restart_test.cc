// A packager that is killed while it publishes to an origin, again and again:
// what lists name is there, and the origin is asked for nothing it never had.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"
#include "tests/system/list_reader.h"
#include "tests/system/publish_fixture.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class PublishRestartTest : public PublishTest {
 protected:
  // Three minutes, which are read as fast as they go.
  fs::path Film() const {
    const fs::path film = nginx_.prefix() / "long.mp4";
    if (!fs::exists(film)) {
      Ffmpeg({"-stream_loop", "22", "-i", TestMedia("film.mp4"), "-c", "copy",
              film});
    }
    return film;
  }
  std::vector<std::string> LiveCommand() const {
    return {USHER_PROGRAM,
            "live",
            Film(),
            "--event",
            "fight",
            "--key-store",
            nginx_.prefix() / "keys",
            "--spool",
            nginx_.prefix() / "spool",
            "--output-credentials",
            nginx_.prefix() / "credential",
            "-o",
            Url("/media"),
            "--state",
            nginx_.prefix() / "state",
            "--encryption",
            "aes-128,cbcs",
            "--part-duration",
            "0.5"};
  }
  // What was removed and not there. But for what was removed before: the
  // packager was killed in front of the answer.
  std::string RemovedInVain() const {
    std::istringstream log(nginx_.AccessLog());
    std::set<std::string> removed;
    std::string in_vain;
    for (std::string line; std::getline(log, line);) {
      const size_t at = line.find("\"DELETE ");
      if (at == std::string::npos) continue;
      const size_t end = line.find("\" ", at);
      const std::string request = line.substr(at, end - at);
      const bool first = removed.insert(request).second;
      if (first && line.substr(end).starts_with("\" 404")) in_vain += line;
    }
    return in_vain;
  }
  uint64_t Newest() const {
    const fs::path file = published() / "fight/v180/media.m3u8";
    if (!fs::exists(file)) return 0;
    const auto list = playlist::ReadHls(ReadFile(file)).media;
    return list.segments.empty() ? 0 : list.segments.back().number;
  }
  // Two cores may have other work besides.
  bool Reaches(uint64_t number) const {
    const auto reached = [&] { return Newest() >= number; };
    return WaitUntil(reached) || WaitUntil(reached) || WaitUntil(reached);
  }
};

TEST_F(PublishRestartTest, AKilledPackagerLeavesNothingThatAnswers404) {
  const auto command = LiveCommand();
  ListReader viewer(published() / "fight");
  for (const uint64_t further : {uint64_t{40}, uint64_t{3}, uint64_t{25}}) {
    const uint64_t until = Newest() + further;
    ChildProcess usher(command, log());
    ASSERT_TRUE(Reaches(until)) << ReadFile(log());
    usher.Signal(SIGKILL);
    EXPECT_EQ(usher.Wait(seconds(10)), 128 + SIGKILL);
  }
  ChildProcess usher(command, log());
  const uint64_t newest = Newest();
  ASSERT_TRUE(Reaches(newest + 3)) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(120)), 0) << ReadFile(log());
  EXPECT_GT(viewer.seen(), 100U);
  EXPECT_EQ(RemovedInVain(), "");
  EXPECT_TRUE(ReadFile(published() / "fight/v180/event.m3u8")
                  .contains("EXT-X-ENDLIST"));
}

// As a power cut may leave it. The origin is away, so that nothing is sent.
TEST_F(PublishRestartTest, WhatTheSpoolHasLostIsToldAsAGap) {
  const auto command =
      Command({"-o", Url("/media"), "--realtime", "--encryption", "none",
               "--state", nginx_.prefix() / "state"});
  const auto spooled = [&](const std::string& path) {
    std::error_code error;
    for (const auto& each :
         fs::recursive_directory_iterator(nginx_.prefix() / "spool", error)) {
      if (each.path().extension() != ".put") continue;
      std::string header;  // it may be gone already
      std::getline(std::ifstream(each.path()), header);
      if (header.starts_with(path + " ")) return each.path();
    }
    return fs::path();
  };
  nginx_.Stop();
  {
    ChildProcess usher(command, log());
    ASSERT_TRUE(WaitUntil([&] {
      return !spooled("fight/v180/3.m4s").empty() &&
             !spooled("fight/v180/media.m3u8").empty();
    })) << ReadFile(log());
    usher.Signal(SIGKILL);
    EXPECT_EQ(usher.Wait(seconds(10)), 128 + SIGKILL);
  }
  const fs::path half = spooled("fight/v180/1.m4s");
  const fs::path gone = spooled("fight/v180/2.m4s");
  fs::resize_file(half, fs::file_size(half) / 2);
  fs::remove(gone);
  nginx_.Start(kOrigin);
  const auto again = RunProcess(command);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(again.err.contains("1 files in")) << again.err;
  const auto list =
      playlist::ReadHls(ReadFile(published() / "fight/v180/event.m3u8")).media;
  size_t present = 0;
  for (const auto& segment : list.segments) {
    if (segment.number <= 2) {
      EXPECT_TRUE(segment.gap) << segment.uri;
    }
    present += segment.gap ? 0 : 1;
    EXPECT_EQ(fs::exists(published() / "fight/v180" / segment.uri),
              !segment.gap)
        << segment.uri;
  }
  EXPECT_GE(present, 4U) << "all of the second run";
  EXPECT_TRUE(fs::exists(published() / "fight/a-und/1.m4s"));
}

}  // namespace
}  // namespace usher::testing
