// --single-file: one file a track under both kinds of manifest.
#include <gtest/gtest.h>

#include "core/playlist/hls_reader.h"
#include "tests/packager/pipeline/packaged_film.h"
#include "tests/support/box_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

class SingleFiles : public ::testing::TestWithParam<const char*> {
 protected:
  const PackagedFilm film_{
      {TestMedia("film.mp4")},
      {"--single-file", "--encryption", GetParam(), "--verify"}};
  const fs::path file_ = film_.directory() / "v180" / "v180.mp4";

  std::vector<std::string> Options() const {
    if (std::string_view(GetParam()) == "none") return {};
    return {"-decryption_key", film_.Key(), "-seekable", "0"};
  }
};

TEST_P(SingleFiles, DecodeToTheFilm) {
  EXPECT_EQ(FrameHashes(file_, Options()),
            FrameHashes(TestMedia("film.mp4"), {"-an"}));
}

TEST_P(SingleFiles, AreAllThereIsOfATrackButItsPlaylists) {
  for (const auto& entry :
       fs::recursive_directory_iterator(film_.directory())) {
    const std::string name = entry.path().filename();
    EXPECT_FALSE(name.ends_with(".m4s") || name.starts_with("init") ||
                 name.starts_with("."))
        << name;
  }
}

// Init segment, index and ranges follow each other without a gap.
TEST_P(SingleFiles, AreCoveredByTheRangesOfTheirPlaylist) {
  const auto list =
      playlist::ReadHls(ReadFile(film_.directory() / "v180" / "media.m3u8"))
          .media;
  const std::string bytes = ReadFile(file_);
  const auto boxes = ReadBoxes(AsBytes(bytes));
  uint64_t at = list.maps.at(0).range.value().length;
  EXPECT_EQ(boxes.At("sidx").offset, at);
  at += 8 + boxes.At("sidx").payload.size();
  for (const auto& segment : list.segments) {
    EXPECT_EQ(segment.range.value().offset, at);
    EXPECT_EQ(bytes.substr(at + 4, 4), "moof");
    at += segment.range->length;
  }
  EXPECT_EQ(at, bytes.size());
}

TEST_P(SingleFiles, HaveIFramesThatDecodeAlone) {
  const auto list =
      playlist::ReadHls(ReadFile(film_.directory() / "v180" / "iframes.m3u8"))
          .media;
  const auto pictures = FrameHashes(TestMedia("film.mp4"), {"-an"});
  const std::string bytes = ReadFile(file_);
  const auto map = list.maps.at(0).range.value();
  const TempDir directory;
  for (size_t i = 0; i < list.segments.size(); ++i) {
    const auto range = list.segments[i].range.value();
    WriteFile(directory / "one.mp4",
              bytes.substr(map.offset, map.length) +
                  bytes.substr(range.offset, range.length));
    EXPECT_EQ(FrameHashes(directory / "one.mp4", Options()),
              std::vector{pictures.at(i * 50)});
  }
}

INSTANTIATE_TEST_SUITE_P(, SingleFiles,
                         ::testing::Values("none", "cbcs", "cenc"));

TEST(SingleFile, HoldsSubtitlesToo) {
  const TempDir directory;
  WriteFile(directory / "en.vtt",
            "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nHello\n");
  const PackagedFilm film(
      {TestMedia("film.mp4")},
      {"--single-file", "--encryption", "none", "--verify", "--subtitle",
       "en:" + (directory / "en.vtt").string()});
  const std::string mpd = ReadFile(film.directory() / "manifest.mpd");
  EXPECT_NE(mpd.find("isoff-on-demand:2011"), std::string::npos);
  EXPECT_EQ(mpd.find("SegmentTemplate"), std::string::npos) << mpd;
}

// FFmpeg reads the playlist's ranges and the index by itself.
TEST(SingleFile, IsReadByFfmpegThroughBothManifests) {
  const PackagedFilm film({TestMedia("film.mp4")},
                          {"--single-file", "--encryption", "none"});
  const auto wanted = FrameHashes(TestMedia("film.mp4"), {"-an"});
  for (const char* manifest : {"v180/media.m3u8", "v180/v180.mp4"}) {
    EXPECT_EQ(FrameHashes(film.directory() / manifest), wanted) << manifest;
  }
}

}  // namespace
}  // namespace usher::testing
