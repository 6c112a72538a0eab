// The fast path against libavformat's: the same film, fragment by fragment.
#include "packager/pipeline/segment_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "packager/pipeline/segment_run.h"
#include "tests/packager/pipeline/joined_mp4.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

class NoProgress final : public Progress {
 public:
  void Report(std::string_view /*stage*/, double /*fraction*/,
              double /*media_seconds*/) override {}
};

using Fragments = std::map<std::pair<size_t, uint64_t>, Fragment>;

// A film, or a ladder of films, and its plan.
class PlannedFilm {
 public:
  explicit PlannedFilm(const std::vector<fs::path>& files,
                       double segment_duration = 2) {
    for (const fs::path& file : files) {
      options_.inputs.push_back({file, {}, {}, {}});
    }
    options_.segment_duration = segment_duration;
    auto plan = PlanPackage(options_, progress_, interrupt_);
    EXPECT_TRUE(plan) << plan.error().OneLine();
    if (plan) plan_ = *std::move(plan);
  }

  PackagePlan& plan() { return plan_; }
  bool takes_fast_path() const { return PlanRuns(plan_).has_value(); }
  void ForgetIndex() { plan_.indexes.clear(); }

  Result<Fragments> Read() {
    Fragments fragments;
    std::mutex mutex;
    const Status read = ReadFragments(
        plan_, {progress_, interrupt_},
        [&](size_t /*worker*/, size_t track, Fragment& fragment) -> Status {
          const std::lock_guard lock(mutex);
          fragments[{track, fragment.number}] = fragment;
          return {};
        });
    if (!read) return std::unexpected(read.error());
    return fragments;
  }

 private:
  config::PackageOptions options_;
  NoProgress progress_;
  Interrupt interrupt_;
  PackagePlan plan_;
};

void ExpectSame(const Fragments& fast, const Fragments& slow) {
  ASSERT_EQ(fast.size(), slow.size());
  ASSERT_FALSE(fast.empty());
  for (const auto& [place, fragment] : slow) {
    SCOPED_TRACE("track " + std::to_string(place.first) + ", segment " +
                 std::to_string(place.second));
    const auto found = fast.find(place);
    ASSERT_NE(found, fast.end());
    EXPECT_EQ(found->second.decode_time, fragment.decode_time);
    EXPECT_EQ(found->second.samples, fragment.samples);
    EXPECT_EQ(found->second.data, fragment.data);
  }
}

void ExpectSameBothWays(const std::vector<fs::path>& files) {
  for (const double segment_duration : {1.0, 2.0, 6.0}) {
    SCOPED_TRACE(files.front().string() + " in segments of " +
                 std::to_string(segment_duration) + " s");
    PlannedFilm film(files, segment_duration);
    EXPECT_TRUE(film.takes_fast_path());
    const auto fast = film.Read();
    ASSERT_TRUE(fast) << fast.error().OneLine();
    film.ForgetIndex();
    const auto slow = film.Read();
    ASSERT_TRUE(slow) << slow.error().OneLine();
    ExpectSame(*fast, *slow);
  }
}

class EveryMp4 : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryMp4, IsReadAlikeByItsIndexAndByPackets) {
  ExpectSameBothWays({TestMedia(GetParam())});
}

INSTANTIATE_TEST_SUITE_P(
    Clips, EveryMp4,
    ::testing::Values("film.mp4", "faststart.mp4", "film.mov", "ntsc.mp4",
                      "small.mp4", "trimmed.mp4", "clipped.mp4", "late.mp4",
                      "noedits.mp4", "negative.mp4", "broadcast.mp4", "odd.mp4",
                      "uneven.mp4", "opengop.mp4", "sound.m4a", "rotated.mp4",
                      "hevc.mp4", "hev1.mp4", "hevcopen.mp4", "hevc10.mp4"),
    [](const auto& test) {
      std::string name = test.param;
      std::ranges::replace(name, '.', '_');
      return name;
    });

TEST(SegmentSource, ReadsRealFilmsAlikeBothWays) {
  const fs::path media = "../shared/media";
  if (!fs::exists(media)) GTEST_SKIP() << "no shared media here";
  for (const char* name :
       {"bear-320x180.mp4", "bear-640x360.mp4", "bear-1280x720.mp4",
        "bbb_prog_10s.mp4", "sintel-1024x436.mp4"}) {
    ExpectSameBothWays({media / name});
  }
}

TEST(SegmentSource, ReadsALadderAlikeBothWays) {
  ExpectSameBothWays({TestMedia("film.mp4"), TestMedia("small.mp4")});
}

TEST(SegmentSource, FindsTheKeyFramesThatLibavformatFinds) {
  for (const char* name :
       {"film.mp4", "opengop.mp4", "trimmed.mp4", "uneven.mp4", "late.mp4"}) {
    SCOPED_TRACE(name);
    PlannedFilm film({TestMedia(name)});
    Interrupt interrupt;
    auto media = MediaFile::Open(film.plan().files.front(), interrupt);
    ASSERT_TRUE(media);
    ASSERT_FALSE(film.plan().indexes.empty());
    const size_t video = film.plan().tracks.front().input_track;
    EXPECT_EQ(film.plan().indexes.front().ReadKeyTimes(video).value(),
              media->ReadKeyTimes(video).value());
  }
}

TEST(SegmentSource, ReadsPacketsWhereThereIsNoIndex) {
  for (const char* name : {"fragmented.mp4", "film.mkv", "film.ts"}) {
    SCOPED_TRACE(name);
    PlannedFilm film({TestMedia(name)});
    EXPECT_FALSE(film.takes_fast_path());
    EXPECT_EQ(film.Read().value().size(), 8u);
  }
  PlannedFilm mixed({TestMedia("film.mkv"), TestMedia("small.mp4")});
  EXPECT_FALSE(mixed.takes_fast_path());
}

// The index is whole, and the pictures are not.
TEST(SegmentSource, SpeaksOfDamagedPicturesAlikeBothWays) {
  TempDir directory;
  const fs::path damaged = directory / "damaged.mp4";
  fs::copy_file(TestMedia("film.mp4"), damaged);
  PlannedFilm film({damaged});
  ASSERT_TRUE(film.takes_fast_path());
  // Into the length of a picture that is not the first of its segment.
  const IndexedTrack& video = film.plan().indexes[0].track(0);
  auto sample = video.first;
  for (int i = 0; i < 60; ++i) sample.Next();
  std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(sample->offset));
  file.put('\x7f').flush();

  const auto fast = film.Read();
  film.ForgetIndex();
  const auto slow = film.Read();
  ASSERT_FALSE(fast);
  ASSERT_FALSE(slow);
  EXPECT_EQ(fast.error().OneLine(), slow.error().OneLine());
  EXPECT_NE(fast.error().what.find("damaged picture"), std::string::npos);
}

// Packets bring a parameter set that is not the planned one, though as long.
TEST(SegmentSource, AFilmWhoseParameterSetsChangeMeanwhileIsRefused) {
  const TempDir directory;
  const std::string set =
      WithOtherId(PictureParameterSet(TestMedia("small.mp4")));
  const auto make = [&](const std::string& added) {
    WriteFile(directory / "film.mp4",
              JoinMp4({{TestMedia("small.mp4"), {{60, added}}}}));
    Ffmpeg(
        {"-i", directory / "film.mp4", "-c", "copy", directory / "film.mkv"});
  };
  make(set);
  PlannedFilm film({directory / "film.mkv"});
  ASSERT_TRUE(film.Read());
  std::string other = set;
  other.back() = static_cast<char>(other.back() ^ 0x40);
  make(other);
  const auto read = film.Read();
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what.find("none of its key pictures has"),
            std::string::npos)
      << read.error().OneLine();
}

TEST(SegmentSource, AFilmThatGetsShorterMeanwhileIsRefused) {
  TempDir directory;
  const fs::path shrinking = directory / "shrinking.mp4";
  fs::copy_file(TestMedia("faststart.mp4"), shrinking);
  PlannedFilm film({shrinking});
  ASSERT_TRUE(film.takes_fast_path());
  fs::resize_file(shrinking, fs::file_size(shrinking) / 2);
  const auto read = film.Read();
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().OneLine().find("cut short"), std::string::npos);
}

}  // namespace
}  // namespace usher::testing
