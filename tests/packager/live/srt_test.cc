// `usher live srt://...` with FFmpeg as the encoder.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
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
using std::chrono::seconds;

constexpr char kRight[] = "correct-horse-1";
constexpr char kWrong[] = "battery-staple-2";

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(40);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class SrtTest : public ::testing::Test {
 protected:
  std::string Url(const std::string& passphrase,
                  const std::string& mode = "caller") const {
    return "srt://127.0.0.1:" + std::to_string(port_) + "?mode=" + mode +
           "&passphrase=" + passphrase;
  }
  std::vector<std::string> Usher(const std::string& input) const {
    return {USHER_BINARY,
            "live",
            input,
            "--event",
            "fight",
            "-o",
            directory_.path() / "out",
            "--encryption",
            "none",
            "--segment-duration",
            "2",
            "--window",
            "all"};
  }
  std::vector<std::string> Encoder(const std::string& url) const {
    return {"ffmpeg",
            "-v",
            "error",
            "-re",
            "-stream_loop",
            "-1",
            "-i",
            TestMedia("film.mp4"),
            "-c",
            "copy",
            "-f",
            "mpegts",
            url};
  }
  playlist::ReadMediaPlaylist List() const {
    const fs::path file = directory_.path() / "out/fight/v180/media.m3u8";
    if (!fs::exists(file)) return {};
    return playlist::ReadHls(ReadFile(file)).media;
  }
  size_t Segments() const { return List().segments.size(); }
  std::string log() const { return ReadFile(directory_.path() / "usher.log"); }
  bool IsLogged(const std::string& what) const { return log().contains(what); }
  // Until the listener takes one, as encoders do it.
  std::unique_ptr<ChildProcess> Publish() const {
    std::unique_ptr<ChildProcess> encoder;
    const size_t before = Segments();
    EXPECT_TRUE(WaitUntil([&] {
      if (!encoder || !encoder->running()) {
        encoder = std::make_unique<ChildProcess>(
            Encoder(Url(kRight)), directory_.path() / "encoder.log");
      }
      return Segments() >= before + 2;
    })) << log();
    return encoder;
  }

  const uint16_t port_ = FreePort();
  TempDir directory_;
};

TEST_F(SrtTest, AWrongPassphraseIsRefusedAndTheSocketStaysOpen) {
  ChildProcess usher(Usher(Url(kRight, "listener")),
                     directory_.path() / "usher.log");
  for (const std::string& url :
       {Url(kWrong), "srt://127.0.0.1:" + std::to_string(port_)}) {
    const std::string before = log();
    ASSERT_TRUE(WaitUntil([&] {
      EXPECT_NE(RunProcess(Encoder(url)).exit_code, 0);
      return log() != before;  // it may not listen yet
    }));
    EXPECT_TRUE(log().ends_with("has the wrong passphrase and is refused\n"));
  }
  const auto encoder = Publish();
  const auto second = RunProcess(Encoder(Url(kRight)));
  EXPECT_NE(second.exit_code, 0);
  EXPECT_TRUE(IsLogged("is refused while 127.0.0.1 publishes")) << log();
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << log();
  EXPECT_FALSE(IsLogged(kRight));
  EXPECT_FALSE(IsLogged(kWrong));
  const Outcome judged =
      RunUsher({"inspect", directory_.path() / "out/fight/master.m3u8"});
  EXPECT_EQ(judged.exit_code, 0) << judged.out;
}

TEST_F(SrtTest, WhoComesBackGoesOnWithTheEvent) {
  ChildProcess usher(Usher(Url(kRight, "listener")),
                     directory_.path() / "usher.log");
  auto encoder = Publish();
  encoder->Signal(SIGTERM);  // says goodbye
  ASSERT_TRUE(WaitUntil([&] { return IsLogged("has ended publishing"); }));
  encoder = Publish();
  encoder->Signal(SIGSTOP);  // silent, and still connected
  const auto back = Publish();
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << log();
  const auto media = List();
  EXPECT_TRUE(media.end_list);
  EXPECT_EQ(media.segments.back().discontinuities, 2U) << log();
  for (size_t i = 0; i < media.segments.size(); ++i) {
    EXPECT_EQ(media.segments[i].number, i + 1);
  }
}

TEST_F(SrtTest, AListeningEncoderIsCalled) {
  ChildProcess usher(Usher(Url(kRight)), directory_.path() / "usher.log");
  ASSERT_TRUE(WaitUntil([&] { return !log().empty(); })) << "nobody is there";
  EXPECT_FALSE(IsLogged(kRight)) << log();
  const ChildProcess encoder(Encoder(Url(kRight, "listener")),
                             directory_.path() / "encoder.log");
  EXPECT_TRUE(WaitUntil([&] { return Segments() >= 1; })) << log();
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << log();
  EXPECT_FALSE(IsLogged(kRight)) << log();
}

}  // namespace
}  // namespace usher::testing
