// Where media come from besides listening: each a real program that sends, or
// serves, and a real packager; and encoders that change in the middle.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
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

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class LiveInputsTest : public ::testing::Test {
 protected:
  fs::path event() const { return directory_.path() / "out" / "fight"; }
  fs::path log() const { return directory_.path() / "usher.log"; }
  std::vector<std::string> Command(const std::string& input) const {
    return {USHER_BINARY,
            "live",
            input,
            "--event",
            "fight",
            "-o",
            event().parent_path(),
            "--encryption",
            "none",
            "--segment-duration",
            "2",
            "--window",
            "all"};
  }
  playlist::ReadMediaPlaylist List() const {
    const fs::path file = event() / "v180/media.m3u8";
    return fs::exists(file) ? playlist::ReadHls(ReadFile(file)).media
                            : playlist::ReadMediaPlaylist{};
  }
  void ExpectNothingWrong(const std::string& list) const {
    const Outcome outcome = RunUsher({"inspect", event() / list});
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << ReadFile(log());
  }
  // FFmpeg sending the film in real time, again and again.
  std::vector<std::string> Sender(const std::string& url,
                                  const std::string& format = "mpegts") const {
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
            format,
            url};
  }
  // Some segments, and a good end.
  void ExpectSegmentsFrom(const std::string& input,
                          const std::vector<std::string>& sender) {
    ChildProcess usher(Command(input), log());
    ChildProcess source(sender, directory_.path() / "sender.log");
    ASSERT_TRUE(WaitUntil([&] { return List().segments.size() >= 3; }))
        << ReadFile(log()) << ReadFile(directory_.path() / "sender.log");
    usher.Signal(SIGTERM);
    EXPECT_EQ(usher.Wait(seconds(30)), 0) << ReadFile(log());
    EXPECT_TRUE(List().end_list);
    ExpectNothingWrong("master.m3u8");
  }
  // Listens when it returns.
  std::unique_ptr<ChildProcess> Camera() const {
    const fs::path said = directory_.path() / "camera.log";
    WriteFile(said, "");
    auto camera = std::make_unique<ChildProcess>(
        std::vector<std::string>{
            "/usr/bin/python3",
            USHER_SOURCE_DIR "/tests/packager/live/rtsp_server.py",
            TestMedia("film.mp4"), address_.substr(address_.find(':') + 1)},
        said);
    EXPECT_TRUE(WaitUntil([&] { return ReadFile(said).contains("ready"); }))
        << ReadFile(said);
    return camera;
  }
  // Eight seconds from `begin` on, with further options of FFmpeg's.
  std::string Clip(const std::string& size, int begin,
                   const std::vector<std::string>& options = {},
                   const std::string& format = "mpegts") const {
    const fs::path file = directory_.path() / "clip";
    std::vector<std::string> command = {"ffmpeg",
                                        "-v",
                                        "error",
                                        "-f",
                                        "lavfi",
                                        "-i",
                                        "testsrc2=s=" + size + ":r=25",
                                        "-f",
                                        "lavfi",
                                        "-i",
                                        "sine=440:r=48000",
                                        "-t",
                                        "8",
                                        "-c:v",
                                        "libx264",
                                        "-preset",
                                        "ultrafast",
                                        "-g",
                                        "25",
                                        "-c:a",
                                        "aac",
                                        "-output_ts_offset",
                                        std::to_string(begin)};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"-f", format, "-y", file});
    const auto made = RunProcess(command);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return ReadFile(file);
  }
  // Pictures of another size, and back, each with a sequence header of its own.
  std::string FlvWithTwoChanges() const {
    constexpr size_t kFlvHeader = 13;
    const auto clip = [&](const std::string& size, int begin) {
      return Clip(size, begin, {"-bf", "0"}, "flv");
    };
    return clip("320x180", 0) + clip("640x360", 8).substr(kFlvHeader) +
           clip("320x180", 16).substr(kFlvHeader);
  }
  // The event goes on behind a discontinuity each time, with a new init
  // segment and a new Period.
  void ExpectTwoChanges(const std::string& media) const {
    const auto result = RunProcess(Command("-"), {.input = media});
    WriteFile(log(), result.err);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ExpectTwoChanges();
  }
  void ExpectTwoChanges() const {
    const std::string said = ReadFile(log());
    const auto list = List();
    EXPECT_EQ(list.maps.size(), 3U) << said;
    ASSERT_FALSE(list.segments.empty());
    EXPECT_EQ(list.segments.back().discontinuities, 2U) << said;
    EXPECT_GE(list.segments.size(), 9U) << said;
    for (size_t i = 0; i < list.segments.size(); ++i) {
      EXPECT_EQ(list.segments[i].number, i + 1);
      EXPECT_FALSE(list.segments[i].gap) << i;
    }
    EXPECT_TRUE(
        ReadFile(event() / "manifest.mpd").contains("<Period id=\"3\""));
    ExpectNothingWrong("master.m3u8");
    ExpectNothingWrong("manifest.mpd");
  }

  const std::string address_ = "127.0.0.1:" + std::to_string(FreePort());
  TempDir directory_;
};

TEST_F(LiveInputsTest, PicturesOfAnotherSizeInTheSameStream) {
  ExpectTwoChanges(Clip("320x180", 0) + Clip("640x360", 8) +
                   Clip("320x180", 16));
}

TEST_F(LiveInputsTest, AnotherSequenceHeaderInTheSameFlv) {
  ExpectTwoChanges(FlvWithTwoChanges());
}

TEST_F(LiveInputsTest, AnotherSequenceHeaderOverTheSameRtmpConnection) {
  const fs::path film = directory_.path() / "film.flv";
  WriteFile(film, FlvWithTwoChanges());
  const std::string url = "rtmp://" + address_ + "/live/correct-horse";
  ChildProcess usher(Command(url), log());
  // One connection: FFmpeg tells of another header as an encoder does.
  const auto published = [&] {
    return RunProcess({"ffmpeg", "-v", "error", "-i", film, "-c", "copy", "-f",
                       "flv", url})
               .exit_code == 0;
  };
  ASSERT_TRUE(WaitUntil(published)) << ReadFile(log());
  ASSERT_TRUE(WaitUntil([&] {
    const auto list = List().segments;
    return list.size() >= 9 && list.back().discontinuities == 2;
  })) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << ReadFile(log());
  ExpectTwoChanges();
}

TEST_F(LiveInputsTest, AProgramMapWithOtherStreams) {
  ExpectTwoChanges(Clip("320x180", 0) +
                   Clip("640x360", 8,
                        {"-streamid", "0:300", "-streamid", "1:301",
                         "-mpegts_pmt_start_pid", "500"}) +
                   Clip("320x180", 16));
}

TEST_F(LiveInputsTest, Udp) {
  ExpectSegmentsFrom("udp://" + address_ + "?fifo_size=200000",
                     Sender("udp://" + address_ + "?pkt_size=1316"));
}

TEST_F(LiveInputsTest, MulticastOnThisMachine) {
  const std::string group =
      "udp://239.255.77.7" + address_.substr(address_.find(':'));
  ExpectSegmentsFrom(group + "?localaddr=127.0.0.1&fifo_size=200000",
                     Sender(group + "?localaddr=127.0.0.1&pkt_size=1316"));
}

TEST_F(LiveInputsTest, SrtCallsTheEncoder) {
  ExpectSegmentsFrom(
      "srt://" + address_ + "?mode=caller&passphrase=a-long-secret",
      Sender("srt://" + address_ + "?mode=listener&passphrase=a-long-secret"));
}

// GStreamer's server sends the film once to whoever comes; then it is over, and
// the packager comes again.
TEST_F(LiveInputsTest, RtspIsOpenedAgainWhereItEnds) {
  const auto camera = Camera();
  ChildProcess usher(Command("rtsp://" + address_ + "/live"), log());
  const auto came_again = [&] {
    const auto segments = List().segments;
    return !segments.empty() && segments.back().discontinuities == 1;
  };
  ASSERT_TRUE(WaitUntil(came_again)) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << ReadFile(log());
  EXPECT_TRUE(List().end_list);
  EXPECT_EQ(List().maps.size(), 1U);
  EXPECT_TRUE(fs::exists(event() / "a-und/1.m4s")) << "sound, too";
  ExpectNothingWrong("master.m3u8");
  ExpectNothingWrong("manifest.mpd");
}

// As where somebody pulls its plug; and as where its network is gone, and
// nobody says so.
TEST_F(LiveInputsTest, RtspIsOpenedAgainWhereTheCameraIsAway) {
  auto camera = Camera();
  ChildProcess usher(Command("rtsp://" + address_ + "/live"), log());
  const auto reaches = [&](size_t segments, unsigned discontinuities) {
    const auto list = List().segments;
    return list.size() >= segments &&
           list.back().discontinuities == discontinuities;
  };
  ASSERT_TRUE(WaitUntil([&] { return reaches(2, 0); })) << ReadFile(log());
  camera->Signal(SIGKILL);
  camera->Wait(seconds(10));
  camera = Camera();
  ASSERT_TRUE(WaitUntil([&] { return reaches(4, 1); })) << ReadFile(log());
  camera->Signal(SIGSTOP);
  const auto is_told = [&] { return ReadFile(log()).contains("is silent"); };
  EXPECT_TRUE(WaitUntil(is_told)) << ReadFile(log());
  camera->Signal(SIGKILL);
  camera->Wait(seconds(10));
  camera = Camera();
  ASSERT_TRUE(WaitUntil([&] { return reaches(6, 2); })) << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 0) << ReadFile(log());
  EXPECT_TRUE(List().end_list);
  ExpectNothingWrong("master.m3u8");
  ExpectNothingWrong("manifest.mpd");
}

TEST_F(LiveInputsTest, WhereNobodyAnswersItIsToldWithoutSecrets) {
  ChildProcess usher(Command("rtsp://someone:pass-word@" + address_ + "/live"),
                     log());
  ASSERT_TRUE(WaitUntil(
      [&] { return ReadFile(log()).contains("sends nothing that can be"); }));
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(seconds(30)), 1);
  const std::string told = ReadFile(log());
  EXPECT_TRUE(told.contains("ended before anything was published")) << told;
  EXPECT_FALSE(told.contains("pass-word")) << told;
}

// The output of one event is the input of another.
TEST_F(LiveInputsTest, HlsIsPulled) {
  ChildProcess first({USHER_BINARY, "live", TestMedia("film.mp4"), "--realtime",
                      "--event", "source", "-o", directory_.path() / "source",
                      "--encryption", "none", "--segment-duration", "2"},
                     directory_.path() / "first.log");
  const fs::path list = directory_.path() / "source/source/master.m3u8";
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(list); }));
  const std::string conf =
      "daemon off; master_process off; pid " +
      (directory_.path() / "nginx.pid").string() + "; error_log stderr;\n" +
      "events {}\nhttp { access_log off; client_body_temp_path " +
      (directory_.path() / "body").string() + "; proxy_temp_path " +
      (directory_.path() / "proxy").string() + "; fastcgi_temp_path " +
      (directory_.path() / "fastcgi").string() + "; uwsgi_temp_path " +
      (directory_.path() / "uwsgi").string() + "; scgi_temp_path " +
      (directory_.path() / "scgi").string() + ";\n server { listen " +
      address_ + "; root " + (directory_.path() / "source").string() +
      "; } }\n";
  WriteFile(directory_.path() / "nginx.conf", conf);
  ExpectSegmentsFrom("http://" + address_ + "/source/master.m3u8",
                     {"nginx", "-p", directory_.path(), "-e", "stderr", "-c",
                      directory_.path() / "nginx.conf"});
}

}  // namespace
}  // namespace usher::testing
