// Single files that `usher package` made, through origin, shields and edges as
// config/*.conf.example has them: players ask for ranges, boxes keep slices.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "core/playlist/hls_reader.h"
#include "core/playlist/mpd_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"
#include "tests/system/fleet.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSlice = 1 << 20;  // "slice 1m" of the examples

class SingleFileTest : public ::testing::Test {
 protected:
  SingleFileTest() {
    const auto run = [](const std::vector<std::string>& command) {
      const ProcessResult result = RunProcess(command);
      EXPECT_EQ(result.exit_code, 0) << result.err;
    };
    run({"ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "3", "-i",
         TestMedia("film.mp4"), "-c", "copy", film_});
    run({USHER_PROGRAM, "package", film_, "--output", directory_.path(),
         "--event", "film", "--encryption", "none", "--single-file",
         "--segment-duration", "2", "--verify", "--quiet"});
    for (const auto& entry :
         fs::recursive_directory_iterator(directory_ / "film")) {
      if (!entry.is_regular_file()) continue;
      const std::string name =
          fs::relative(entry.path(), directory_.path()).string();
      files_[name] = ReadFile(entry.path());
      fleet_.Publish(name, files_[name]);
    }
    fleet_.Start();
    for (size_t edge = 0; edge < fleet_.edges(); ++edge) {
      sessions_.push_back(fleet_.Session(edge, "film"));
    }
  }

  // The edges in turn: what one has the other gets from the shields.
  void ExpectRange(const std::string& name, const playlist::ByteRange& range) {
    const size_t edge = asked_++ % fleet_.edges();
    const std::string bounds = std::to_string(range.offset) + "-" +
                               std::to_string(range.offset + range.length - 1);
    const Answer answer =
        fleet_.Fetch(edge, sessions_[edge] + "/" + name, {"-r", bounds});
    const std::string& file = files_.at(name);
    EXPECT_EQ(answer.status, 206) << name << " " << bounds;
    EXPECT_EQ(answer.Header("content-range"),
              "bytes " + bounds + "/" + std::to_string(file.size()));
    EXPECT_EQ(answer.Header("cache-control"),
              "public, max-age=31536000, immutable");
    EXPECT_TRUE(answer.body == file.substr(range.offset, range.length))
        << name << " " << bounds;
  }

  const TempDir directory_;
  const fs::path film_ = directory_ / "film.mp4";
  std::map<std::string, std::string> files_;
  Fleet fleet_;
  std::vector<std::string> sessions_;
  size_t asked_ = 0;
};

TEST_F(SingleFileTest, EveryRangeOfPlaylistsAndMpdIsServedFromSlices) {
  for (const char* track : {"film/v180", "film/a-und"}) {
    const std::string file =
        std::string(track) + "/" + fs::path(track).filename().string() + ".mp4";
    const auto list =
        playlist::ReadHls(files_.at(std::string(track) + "/media.m3u8")).media;
    ASSERT_GE(list.segments.size(), 16U);
    ExpectRange(file, list.maps.at(0).range.value());
    for (const auto& segment : list.segments) {
      ExpectRange(file, segment.range.value());
    }
  }
  const auto pictures =
      playlist::ReadHls(files_.at("film/v180/iframes.m3u8")).media;
  for (const auto& picture : pictures.segments) {
    ExpectRange("film/v180/v180.mp4", picture.range.value());
  }
  const auto mpd = playlist::ReadMpd(files_.at("film/manifest.mpd"));
  for (const auto& set : mpd.periods.at(0).sets) {
    const auto& representation = set.representations.at(0);
    const std::string file = "film/" + representation.base_urls.at(0);
    ExpectRange(file, representation.addressing.initialization_range.value());
    ExpectRange(file, representation.addressing.index_range.value());
  }
  const std::string& video = files_.at("film/v180/v180.mp4");
  const size_t slices = (video.size() + kSlice - 1) / kSlice;
  ASSERT_GT(slices, 1U) << "a range that lies in two slices";
  const std::string path = "/film/v180/v180.mp4";
  EXPECT_EQ(Fleet::Requests(fleet_.origin(), path), slices)
      << "each slice once, for both edges";
  size_t shields = 0;
  for (size_t i = 0; i < fleet_.shields(); ++i) {
    shields += Fleet::Requests(fleet_.shield(i), path);
  }
  EXPECT_EQ(shields, fleet_.edges() * slices) << "each slice once an edge";
}

// By byte ranges of an HLS playlist; FFmpeg follows what is relative in it.
TEST_F(SingleFileTest, FfmpegPlaysItThroughAnEdge) {
  const std::string edge =
      "https://127.0.0.1:" + std::to_string(fleet_.edge(0).port());
  EXPECT_EQ(FrameHashes(edge + sessions_[0] + "/film/v180/media.m3u8"),
            FrameHashes(film_, {"-an"}));
}

// A part of a file is nobody's without a session.
TEST_F(SingleFileTest, NoRangeIsServedWithoutASession) {
  const Answer answer = fleet_.Fetch(0, "/film/v180/v180.mp4", {"-r", "0-99"});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.Code(), "ticket_missing");
}

}  // namespace
}  // namespace usher::testing
