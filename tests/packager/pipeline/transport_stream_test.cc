// --container ts, from film to segments and back.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "core/base/hex.h"
#include "core/playlist/hls_reader.h"
#include "tests/packager/cli/run_usher.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

playlist::ReadMediaPlaylist Read(const fs::path& file) {
  return playlist::ReadHls(ReadFile(file)).media;
}

// The segments of a playlist in the clear, undone by openssl where a key
// applies.
std::vector<std::string> Plain(const PackagedFilm& film, const fs::path& file) {
  const auto list = Read(file);
  std::vector<std::string> segments;
  for (const auto& segment : list.segments) {
    const fs::path path = file.parent_path() / segment.uri;
    if (segment.keys.empty()) {
      segments.push_back(ReadFile(path));
      continue;
    }
    const ProcessResult opened = RunProcess(
        {"openssl", "enc", "-d", "-aes-128-cbc", "-K", film.Key(), "-iv",
         ToHex(*list.keys.at(segment.keys.at(0)).iv), "-in", path});
    EXPECT_EQ(opened.exit_code, 0) << opened.err;
    segments.push_back(opened.out);
  }
  return segments;
}

class TransportStreams : public ::testing::TestWithParam<const char*> {
 protected:
  const PackagedFilm film_{
      {TestMedia("film.mp4")},
      {"--container", "ts", "--encryption", GetParam(), "--verify"}};
  const TempDir directory_;
};

TEST_P(TransportStreams, DecodeToTheFilm) {
  for (const auto& [track, kind] :
       {std::pair("v180", 'v'), std::pair("a-und", 'a')}) {
    std::string all;
    for (const auto& segment :
         Plain(film_, film_.directory() / track / "media.m3u8")) {
      all += segment;
    }
    WriteFile(directory_ / "all.ts", all);
    const ProcessResult decoded =
        RunProcess({"ffmpeg", "-nostdin", "-v", "debug", "-i",
                    directory_ / "all.ts", "-c", "copy", "-f", "null", "-"});
    EXPECT_EQ(decoded.err.find("Continuity check failed"), std::string::npos);
    const std::vector<std::string> options =
        kind == 'v' ? std::vector<std::string>{"-an"}
                    : std::vector<std::string>{"-vn", "-ignore_editlist", "1"};
    EXPECT_EQ(FrameHashes(directory_ / "all.ts"),
              FrameHashes(TestMedia("film.mp4"), options));
  }
}

TEST_P(TransportStreams, EachDecodeAlone) {
  const auto pictures = FrameHashes(TestMedia("film.mp4"), {"-an"});
  std::vector<std::string> decoded;
  for (const auto& segment :
       Plain(film_, film_.directory() / "v180" / "media.m3u8")) {
    WriteFile(directory_ / "one.ts", segment);
    const auto hashes = FrameHashes(directory_ / "one.ts");
    decoded.insert(decoded.end(), hashes.begin(), hashes.end());
  }
  EXPECT_EQ(decoded, pictures);
}

TEST_P(TransportStreams, HaveIFramesThatDecodeAlone) {
  const fs::path playlist = film_.directory() / "v180" / "iframes.m3u8";
  const auto pictures = FrameHashes(TestMedia("film.mp4"), {"-an"});
  const auto list = Read(playlist);
  const auto segments = Plain(film_, playlist);
  ASSERT_EQ(segments.size(), 4U);
  for (size_t i = 0; i < segments.size(); ++i) {
    const auto range = list.segments[i].range.value();
    WriteFile(directory_ / "one.ts",
              segments[i].substr(range.offset, range.length));
    EXPECT_EQ(FrameHashes(directory_ / "one.ts"),
              std::vector{pictures.at(i * 50)});
  }
}

TEST_P(TransportStreams, ComeWithPlaylistsThatOldDevicesRead) {
  const auto document =
      playlist::ReadHls(ReadFile(film_.directory() / "v180" / "media.m3u8"));
  EXPECT_EQ(document.version, 3U);
  EXPECT_TRUE(document.media.maps.empty());
  EXPECT_FALSE(fs::exists(film_.directory() / "manifest.mpd"));
  EXPECT_FALSE(fs::exists(film_.directory() / "v180" / "init.mp4"));
}

INSTANTIATE_TEST_SUITE_P(, TransportStreams,
                         ::testing::Values("none", "aes-128"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

// Odd rates, key frames that are none, an edit, sound alone.
TEST(TransportStreamOf, AnyFilmIsFreeOfFindings) {
  const std::vector<std::pair<const char*, const char*>> films = {
      {"ntsc.mp4", "4"},  {"opengop.mp4", "8"}, {"trimmed.mp4", "4"},
      {"sound.m4a", "4"}, {"film.mkv", "4"},    {"small.ts", "4"}};
  for (const auto& [film, seconds] : films) {
    const PackagedFilm packaged(
        {TestMedia(film)},
        {"--container", "ts", "--segment-duration", seconds, "--verify"});
    EXPECT_TRUE(fs::exists(packaged.directory() / "master.m3u8")) << film;
  }
}

TEST(TransportStreamOf, SubtitlesAreWebVttInStepWithIt) {
  const TempDir directory;
  WriteFile(directory / "en.vtt",
            "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nHello\n");
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--container", "ts", "--encryption", "none", "--verify", "--subtitle",
       "en:" + (directory / "en.vtt").string()});
  const std::string text = ReadFile(film.directory() / "s-eng/1.vtt");
  EXPECT_NE(text.find("X-TIMESTAMP-MAP="), std::string::npos) << text;
  EXPECT_FALSE(fs::exists(film.directory() / "s-eng/1.m4s"));
}

TEST(TransportStreamOf, OtherCodecsIsRefusedBeforeAnythingIsWritten) {
  const TempDir directory;
  const Outcome outcome =
      RunUsher({"package", TestMedia("hevc.mp4"), "--output", directory / "out",
                "--container", "ts", "--encryption", "none"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--container cmaf"), std::string::npos)
      << outcome.err;
  EXPECT_FALSE(fs::exists(directory / "out" / "hevc"));
}

TEST(TransportStreamOf, TheSameKeyAndSaltHasTheSameBytes) {
  const std::vector<std::string> flags = {
      "--container",
      "ts",
      "--key",
      "00112233445566778899aabbccddeeff:0123456789abcdef0123456789abcdef",
      "--salt",
      "ffeeddccbbaa99887766554433221100"};
  const PackagedFilm one({TestMedia("film.mp4")}, flags);
  const PackagedFilm two({TestMedia("film.mp4")}, flags);
  for (const char* file : {"v180/1.ts", "v180/4.ts", "a-und/2.ts"}) {
    EXPECT_EQ(ReadFile(one.directory() / file),
              ReadFile(two.directory() / file));
  }
}

}  // namespace
}  // namespace usher::testing
