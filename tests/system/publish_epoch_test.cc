// Two packagers that are fed the same and publish to one origin.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "core/playlist/date_time.h"
#include "core/playlist/hls_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/test_media.h"
#include "tests/system/list_reader.h"
#include "tests/system/publish_fixture.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class PublishEpochTest : public PublishTest {
 protected:
  PublishEpochTest() {
    WriteFile(feed(), "");
    epoch_ = playlist::DateTime(std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::system_clock::now() - seconds(5000)));
  }
  fs::path feed() const { return nginx_.prefix() / "feed.ts"; }
  fs::path log_of(const std::string& who) const {
    return nginx_.prefix() / (who + ".log");
  }
  // What an encoder sends from now on comes to it.
  ChildProcess Packager(const std::string& who, const std::string& output) {
    std::vector<std::string> command = {
        "bash",
        "-c",
        "exec \"${@:1}\" < <(exec tail -f -s 0.05 --pid=$$ -c 0 \"$0\")",
        feed(),
        USHER_PROGRAM,
        "live",
        "-",
        "--event",
        "fight",
        "-o",
        output,
        "--output-credentials",
        nginx_.prefix() / "credential",
        "--key-store",
        nginx_.prefix() / (who + "-keys"),
        "--spool",
        nginx_.prefix() / (who + "-spool"),
        "--state",
        nginx_.prefix() / (who + "-state"),
        "--epoch",
        epoch_,
        "--encryption",
        "aes-128",
        "--key",
        "00112233445566778899aabbccddeeff:ffeeddccbbaa99887766554433221100",
        "--salt",
        "0123456789abcdef0123456789abcdef",
        "--segment-duration",
        "2"};
    return ChildProcess(command, log_of(who));
  }
  static uint64_t Newest(const fs::path& event) {
    const fs::path file = event / "v180/media.m3u8";
    if (!fs::exists(file)) return 0;
    const auto list = playlist::ReadHls(ReadFile(file)).media;
    return list.segments.empty() ? 0 : list.segments.back().number;
  }
  uint64_t Newest() const { return Newest(published() / "fight"); }
  // What a list says of each segment that is there, but the last: that was cut
  // off when its packager was told to end.
  static std::map<uint64_t, std::string> TextsOf(const fs::path& list) {
    std::map<uint64_t, std::string> texts;
    for (const auto& segment :
         playlist::ReadHls(ReadFile(list)).media.segments) {
      if (segment.gap) continue;
      texts[segment.number] = segment.uri + " " +
                              std::to_string(segment.duration) + " s at " +
                              std::to_string(segment.date.value_or(0)) + " ms";
    }
    if (!texts.empty()) texts.erase(std::prev(texts.end()));
    return texts;
  }
  uint64_t Requests(const std::string& line) const {
    return CountOf(nginx_.AccessLog(), line);
  }

  std::string epoch_;
};

TEST_F(PublishEpochTest, EitherMayFailWhoPublishesToTheSameOrigin) {
  ChildProcess encoder(
      {"ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i",
       TestMedia("film.mp4"), "-c", "copy", "-output_ts_offset", "5000",
       "-flush_packets", "1", "-f", "mpegts", "-y", feed()},
      nginx_.prefix() / "encoder.log");
  // Sees all that the others see, and is never disturbed.
  ChildProcess witness = Packager("witness", local());
  ListReader viewer(published() / "fight");
  ChildProcess a = Packager("a", Url("/media"));
  uint64_t first = 0;
  uint64_t killed_at = 0;
  {
    ChildProcess b = Packager("b", Url("/media"));
    ASSERT_TRUE(WaitUntil([&] { return Newest() > 0; }))
        << ReadFile(log_of("a"));
    first = Newest();
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= first + 2; }));
    b.Signal(SIGKILL);
    b.Wait(seconds(10));
    killed_at = Newest();
  }
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= killed_at + 3; }))
      << "a goes on alone" << ReadFile(log_of("a"));
  ChildProcess b = Packager("b", Url("/media"));
  const uint64_t back_at = Newest();
  uint64_t newest = back_at;
  ASSERT_TRUE(WaitUntil([&] {
    const uint64_t now = Newest();
    EXPECT_GE(now + 1, newest) << "b has told what it knew when it was killed";
    newest = std::max(newest, now);
    return newest >= back_at + 3;
  }));
  a.Signal(SIGKILL);
  a.Wait(seconds(10));
  const uint64_t alone_at = Newest();
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= alone_at + 2; }))
      << "b goes on alone" << ReadFile(log_of("b"));
  for (ChildProcess* each : {&b, &witness}) {
    each->Signal(SIGTERM);
    EXPECT_EQ(each->Wait(seconds(60)), 0) << ReadFile(log_of("b"));
  }
  EXPECT_GT(viewer.seen(), 100u);

  // Nothing that an origin has is of one packager alone.
  const auto expected = FilesBelow(local());
  size_t same = 0;
  const std::string last = std::to_string(Newest()) + ".m4s";
  for (const auto& [path, bytes] : FilesBelow(published())) {
    const fs::path file(path);
    if (file.extension() != ".m4s" && file.extension() != ".mp4") continue;
    if (file.filename() == last) continue;  // each was cut off when it was told
    const auto found = expected.find(path);
    ASSERT_NE(found, expected.end()) << path;
    EXPECT_TRUE(found->second == bytes) << path;
    ++same;
  }
  EXPECT_GE(same, 2 * (alone_at - first));
  for (const char* list : {"v180/event.m3u8", "a-und/event.m3u8"}) {
    const auto whole = TextsOf(local() / "fight" / list);
    const auto told = TextsOf(published() / "fight" / list);
    EXPECT_GE(told.size(), alone_at - back_at) << list;
    for (const auto& [number, text] : told) {
      if (!whole.contains(number)) continue;
      EXPECT_EQ(text, whole.at(number)) << list << ": " << number;
    }
  }
  EXPECT_EQ(Requests("\"DELETE "), 0u) << "it may be the other's";
}

}  // namespace
}  // namespace usher::testing
