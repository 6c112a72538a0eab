// `usher live` as its users run it: the real program, FFmpeg as the encoder.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/support/box_reader.h"
#include "tests/support/free_port.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class LiveEventTest : public ::testing::Test {
 protected:
  fs::path event() const { return directory_.path() / "out" / "fight"; }
  fs::path log() const { return directory_.path() / "usher.log"; }

  std::vector<std::string> Command(const std::string& input,
                                   const std::vector<std::string>& flags) {
    std::vector<std::string> command = {USHER_BINARY,
                                        "live",
                                        input,
                                        "--event",
                                        "fight",
                                        "-o",
                                        directory_.path() / "out",
                                        "--key-store",
                                        directory_.path() / "keys",
                                        "--segment-duration",
                                        "1"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  // What the encoder's URL is.
  std::string Url() const {
    return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live/correct-horse";
  }
  // An encoder at its own pace.
  std::vector<std::string> Encoder(const std::string& film) const {
    return {"ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i",
            film,     "-c", "copy",  "-f",  "flv",          Url()};
  }
  static playlist::ReadMediaPlaylist Read(const fs::path& file) {
    if (!fs::exists(file)) return {};
    return playlist::ReadHls(ReadFile(file)).media;
  }
  // The number of the newest segment.
  uint64_t Newest() const {
    const auto media = Read(event() / "v180/media.m3u8");
    return media.segments.empty() ? 0 : media.segments.back().number;
  }
  static void ExpectNothingWrong(const fs::path& playlist) {
    const Outcome outcome = RunUsher({"inspect", playlist});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.find("warning:"), std::string::npos) << outcome.out;
  }
  // The checksums of all decoded pictures.
  static std::string PicturesOf(const std::string& input) {
    const auto result = RunProcess({"ffmpeg", "-v", "error", "-i", input,
                                    "-map", "0:v", "-fps_mode", "passthrough",
                                    "-f", "framehash", "-hash", "md5", "-"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::string hashes;
    for (size_t at = 0; at < result.out.size();) {
      const size_t end = result.out.find('\n', at);
      const std::string line = result.out.substr(at, end - at);
      if (!line.starts_with('#')) hashes += line.substr(line.rfind(',')) + "\n";
      at = end + 1;
    }
    return hashes;
  }

  fs::path WriteStream(const std::string& stream) const {
    const fs::path file = directory_.path() / "stream.ts";
    WriteFile(file, stream);
    return file;
  }

  const uint16_t port_ = FreePort();
  TempDir directory_;
};

TEST_F(LiveEventTest, AFilePlayedThroughIsTheFilm) {
  const std::string film = TestMedia("film.mp4");
  const auto result =
      RunProcess(Command(film, {"--encryption", "none", "--window", "all"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(PicturesOf(event() / "master.m3u8"), PicturesOf(film));
  ExpectNothingWrong(event() / "master.m3u8");
  ExpectNothingWrong(event() / "manifest.mpd");
  EXPECT_EQ(Read(event() / "v180/media.m3u8").type, "EVENT");
  EXPECT_TRUE(Read(event() / "v180/media.m3u8").end_list);
}

TEST_F(LiveEventTest, TakesATransportStreamFromStandardInput) {
  const std::string stream = ReadFile(TestMedia("film.ts"));
  ProcessOptions options;
  options.input = stream;
  const auto result =
      RunProcess(Command("-", {"--encryption", "none"}), options);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(PicturesOf(event() / "master-event.m3u8"),
            PicturesOf(TestMedia("film.ts")));
}

TEST_F(LiveEventTest, GoesOnWhenTheEncoderComesBackAsAnother) {
  const std::string film = TestMedia("film.mp4");
  const std::string other = TestMedia("narrow.mp4");
  ChildProcess usher(Command(Url(), {"--encryption", "cbcs"}), log());
  ASSERT_TRUE(WaitForListener(port_));
  {
    ChildProcess encoder(Encoder(film), directory_.path() / "first.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  }  // killed
  uint64_t before = 0;
  ASSERT_TRUE(WaitUntil([&] {
    before = Newest();
    return ReadFile(log()).contains("has ended publishing");
  }));
  {
    ChildProcess encoder(Encoder(other), directory_.path() / "second.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= before + 3; }))
        << ReadFile(log());
  }
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  const auto media = Read(event() / "v180/event.m3u8");
  EXPECT_TRUE(media.end_list);
  EXPECT_EQ(media.segments.back().discontinuities, 1U);
  EXPECT_EQ(media.maps.size(), 2U) << "an init segment for each picture size";
  for (size_t i = 0; i < media.segments.size(); ++i) {
    EXPECT_EQ(media.segments[i].number, i + 1);
  }
  for (const char* list : {"master.m3u8", "master-event.m3u8",
                           "master-clearkey.m3u8", "manifest.mpd"}) {
    ExpectNothingWrong(event() / list);
  }
}

TEST_F(LiveEventTest, GoesOnWithoutATrackThatDoesNotComeBack) {
  const std::string film = TestMedia("film.mp4");
  const std::string silent = TestMedia("small.mp4");
  ChildProcess usher(Command(Url(), {"--encryption", "none"}), log());
  ASSERT_TRUE(WaitForListener(port_));
  {
    ChildProcess encoder(Encoder(film), directory_.path() / "first.log");
    ASSERT_TRUE(WaitUntil([&] { return Newest() >= 2; })) << ReadFile(log());
  }
  ASSERT_TRUE(WaitUntil(
      [&] { return ReadFile(log()).contains("has ended publishing"); }));
  const uint64_t before = Newest();
  ChildProcess encoder(Encoder(silent), directory_.path() / "second.log");
  ASSERT_TRUE(WaitUntil([&] { return Newest() >= before + 3; }))
      << ReadFile(log());
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  const auto pictures = Read(event() / "v180/event.m3u8");
  const auto sound = Read(event() / "a-und/event.m3u8");
  ASSERT_EQ(sound.segments.size(), pictures.segments.size());
  EXPECT_FALSE(sound.segments.front().gap);
  EXPECT_TRUE(sound.segments.back().gap);
  EXPECT_EQ(RunUsher({"inspect", event() / "manifest.mpd"}).exit_code, 0);
}

TEST_F(LiveEventTest, EndsCleanlyAndKeepsWhatItPromised) {
  const std::string film = TestMedia("film.mp4");
  ChildProcess usher(Command(Url(), {"--window", "10s"}), log());
  ASSERT_TRUE(WaitForListener(port_));
  ChildProcess encoder(Encoder(film), directory_.path() / "encoder.log");
  uint64_t sequence = 0;
  std::optional<uint64_t> target;
  ASSERT_TRUE(WaitUntil([&] {
    const auto media = Read(event() / "v180/media.m3u8");
    if (media.segments.empty()) return false;
    EXPECT_GE(media.media_sequence, sequence);
    sequence = media.media_sequence;
    if (!target) target = media.target_duration;
    EXPECT_EQ(media.target_duration, target);
    EXPECT_FALSE(media.end_list);
    for (const auto& segment : media.segments) {
      EXPECT_TRUE(fs::exists(event() / "v180" / segment.uri)) << segment.uri;
    }
    return media.segments.back().number >= 3;
  })) << ReadFile(log());
  usher.Signal(SIGINT);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  EXPECT_TRUE(Read(event() / "v180/media.m3u8").end_list);
  EXPECT_TRUE(Read(event() / "v180/event.m3u8").end_list);
  EXPECT_EQ(Read(event() / "v180/media.m3u8").media_sequence, sequence);
  EXPECT_EQ(ReadFile(log()).find("correct-horse"), std::string::npos);
  encoder.Stop();
}

TEST_F(LiveEventTest, PutsSealedKeysWhereTheOriginReadsThem) {
  const fs::path keys = directory_.path() / "origin-keys";
  const auto result = RunProcess(Command(
      TestMedia("film.mp4"), {"--encryption", "cenc", "--key-output", keys}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_TRUE(fs::exists(keys / "fight"));
  for (const auto& file : fs::directory_iterator(keys / "fight")) {
    EXPECT_EQ(ReadFile(file.path()), ReadFile(directory_.path() / "keys/fight" /
                                              file.path().filename()));
  }
}

TEST_F(LiveEventTest, RefusesAnEventThatExistsAndInputThatCannotBe) {
  fs::create_directories(event());
  const auto exists = RunProcess(Command(TestMedia("film.mp4"), {}));
  EXPECT_EQ(exists.exit_code, 2);
  EXPECT_NE(exists.err.find("exists already"), std::string::npos);
  fs::remove_all(directory_.path() / "out");
  for (const char* input :
       {"gopher://host/x", "rtmp://127.0.0.1/secret", "rtmp://127.0.0.1/a/b"}) {
    const auto refused = RunProcess(Command(input, {}));
    EXPECT_EQ(refused.exit_code, 2) << input;
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
  }
  const auto nothing = RunProcess(Command("/dev/null", {}));
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_FALSE(fs::exists(event()));
}

TEST_F(LiveEventTest, PassesOverDamageInTheStream) {
  std::string stream = ReadFile(TestMedia("film.ts"));
  constexpr size_t kPacket = 188;
  // One packet in a hundred is destroyed, behind what tells of the streams.
  for (size_t at = kPacket * 150; at + kPacket < stream.size();
       at += kPacket * 100) {
    stream.replace(at, kPacket, std::string(kPacket, '\xff'));
  }
  ProcessOptions options;
  options.input = stream;
  const auto result =
      RunProcess(Command("-", {"--encryption", "none"}), options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto whole = Read(event() / "v180/event.m3u8");
  EXPECT_TRUE(whole.end_list);
  EXPECT_GE(whole.segments.size(), 2U);
}

// More than a minute of film as fast as it goes, in every scheme, judged part
// by part.
TEST_F(LiveEventTest, PartsAreTheSegmentsInEveryScheme) {
  const auto stream =
      RunProcess({"ffmpeg", "-v", "error", "-stream_loop", "8", "-i",
                  TestMedia("film.mp4"), "-c", "copy", "-f", "mpegts", "-"});
  ASSERT_EQ(stream.exit_code, 0) << stream.err;
  ProcessOptions options;
  options.input = stream.out;
  const auto result =
      RunProcess(Command("-", {"--encryption", "aes-128,cbcs,cenc,none",
                               "--allow-clear-copy", "--part-duration", "0.5"}),
                 options);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Outcome keys = RunUsher({"key", "export", "--event", "fight",
                                 "--key-store", directory_.path() / "keys"});
  ASSERT_EQ(keys.exit_code, 0) << keys.err;
  for (const char* list :
       {"master.m3u8", "cbcs/master.m3u8", "cbcs/master-clearkey.m3u8",
        "cenc/master.m3u8", "none/master.m3u8"}) {
    std::vector<std::string> inspect = {"inspect", event() / list};
    std::istringstream lines(keys.out);
    for (std::string line; std::getline(lines, line);) {
      inspect.insert(inspect.end(), {"--key", line});
    }
    const Outcome outcome = RunUsher(inspect);
    EXPECT_EQ(outcome.exit_code, 0) << list << outcome.out << outcome.err;
    EXPECT_EQ(outcome.out.find("not-decrypted"), std::string::npos)
        << outcome.out;
  }
  const auto media = Read(event() / "v180/media.m3u8");
  EXPECT_FALSE(media.segments.back().parts.empty());
  EXPECT_TRUE(media.segments.front().parts.empty());
  EXPECT_FALSE(fs::exists(event() / "v180/1.0.m4s")) << "long out of use";
  EXPECT_TRUE(fs::exists(event() / "v180/1.m4s"));
  EXPECT_EQ(PicturesOf(event() / "none/master-event.m3u8"),
            PicturesOf(WriteStream(stream.out)));
}

// What the prft boxes of a file say, Unix milliseconds.
std::vector<int64_t> ProducedIn(const fs::path& file) {
  const std::string media = ReadFile(file);
  std::vector<int64_t> times;
  for (size_t at = media.find("prft"); at != std::string::npos;
       at = media.find("prft", at + 1)) {
    FieldReader fields(AsBytes(std::string_view(media).substr(at + 4)));
    fields.Skip(8);  // version, flags, track
    const int64_t seconds = int64_t{fields.U32()} - 2'208'988'800;
    const uint64_t fraction = fields.U32();
    times.push_back(
        1000 * seconds +
        std::lround(std::ldexp(1000.0 * static_cast<double>(fraction), -32)));
  }
  return times;
}

TEST_F(LiveEventTest, PartsAreThereBeforeAnythingNamesThem) {
  ChildProcess usher(Command(Url(), {"--encryption", "none", "--part-duration",
                                     "0.4", "--window", "10s"}),
                     log());
  ASSERT_TRUE(WaitForListener(port_));
  ChildProcess encoder(Encoder(TestMedia("film.mp4")),
                       directory_.path() / "encoder.log");
  size_t versions = 0;
  std::optional<double> target;
  ASSERT_TRUE(WaitUntil([&] {
    for (const char* track : {"v180", "a-und"}) {
      const auto media = Read(event() / track / "media.m3u8");
      if (media.segments.empty()) return false;
      if (!target) target = media.low_latency.part_target;
      EXPECT_EQ(media.low_latency.part_target, target);
      for (const auto& part : media.open.parts) {
        EXPECT_TRUE(fs::exists(event() / track / part.uri)) << part.uri;
        EXPECT_LE(part.duration, *target + 1e-9);
      }
      const auto& hint = media.hints.at(0).uri;
      EXPECT_EQ(hint, std::to_string(media.open.number) + "." +
                          std::to_string(media.open.parts.size()) + ".m4s");
      EXPECT_EQ(media.reports.size(), 1U);
      versions += media.open.parts.size();
    }
    return Newest() >= 5;
  })) << ReadFile(log());
  EXPECT_GT(versions, 10U);
  ExpectNothingWrong(event() / "master.m3u8");
  for (const char* track : {"v180", "a-und"}) {
    for (const auto& segment : Read(event() / track / "media.m3u8").segments) {
      if (segment.parts.empty()) continue;
      const auto produced = ProducedIn(event() / track / segment.uri);
      ASSERT_EQ(produced.size(), segment.parts.size()) << segment.uri;
      EXPECT_NEAR(static_cast<double>(produced.front()),
                  static_cast<double>(segment.date.value_or(0)), 1);
    }
  }
  usher.Signal(SIGTERM);
  EXPECT_EQ(usher.Wait(std::chrono::seconds(30)), 0) << ReadFile(log());
  ExpectNothingWrong(event() / "master.m3u8");
  encoder.Stop();
}

TEST_F(LiveEventTest, TellsTheOperatorOfKeyFramesThatDoNotFit) {
  const fs::path film = directory_.path() / "rare.ts";
  const auto made =
      RunProcess({"ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                  "testsrc2=size=160x90:rate=25:duration=9", "-c:v", "libx264",
                  "-preset", "ultrafast", "-g", "9999", "-sc_threshold", "0",
                  "-force_key_frames", "0,0.8", film});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto result =
      RunProcess(Command(film, {"--encryption", "none", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.err.contains("no key frame came in time")) << result.err;
  EXPECT_TRUE(result.err.contains("which does not divide --segment-duration"))
      << result.err;
  const auto count = [&](const std::string& what) {
    size_t times = 0;
    for (size_t at = result.err.find(what); at != std::string::npos;
         at = result.err.find(what, at + 1)) {
      ++times;
    }
    return times;
  };
  EXPECT_EQ(count("no key frame came in time"), 1U) << "once is enough";
  EXPECT_TRUE(result.out.contains("\"frame_rate\":25.0")) << result.out;
  EXPECT_TRUE(result.out.contains("\"skew\":null")) << "there is no sound";
  EXPECT_FALSE(result.out.contains("\"forced\":0}")) << result.out;
}

TEST_F(LiveEventTest, TellsTheOperatorOfPicturesThatStandStill) {
  const fs::path film = directory_.path() / "still.ts";
  const auto made = RunProcess({"ffmpeg",
                                "-v",
                                "error",
                                "-f",
                                "lavfi",
                                "-i",
                                "testsrc2=size=160x90:rate=25:duration=3",
                                "-f",
                                "lavfi",
                                "-i",
                                "sine=duration=9",
                                "-c:v",
                                "libx264",
                                "-preset",
                                "ultrafast",
                                "-g",
                                "25",
                                "-c:a",
                                "aac",
                                film});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto result = RunProcess(Command(film, {"--encryption", "none"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.err.contains("pictures stand still")) << result.err;
}

TEST_F(LiveEventTest, PrintsWhatToTypeIntoObs) {
  const auto result = RunProcess(
      {USHER_BINARY, "live", "rtmp://0.0.0.0:1936/live/correct-horse",
       "--event", "fight", "--part-duration", "0.5", "--print-obs"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.contains("rtmp://YOUR-BOX:1936/live\n"));
  EXPECT_TRUE(result.out.contains("Stream Key: correct-horse\n"));
  EXPECT_TRUE(result.out.contains("Keyframe Interval: 2 s"));
  EXPECT_TRUE(result.out.contains("zerolatency"));
  const auto refused = RunProcess(
      {USHER_BINARY, "live", "-", "--event", "fight", "--print-obs"});
  EXPECT_EQ(refused.exit_code, 2);
}

}  // namespace
}  // namespace usher::testing
