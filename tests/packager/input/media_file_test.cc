#include "packager/input/media_file.h"

#include <gtest/gtest.h>

#include "packager/input/scan.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher {
namespace {

using testing::TestMedia;

const Interrupt never;

MediaFile Open(std::string_view media) {
  auto bytes = OpenInput(TestMedia(media), {}, never);
  EXPECT_TRUE(bytes) << bytes.error().OneLine();
  auto file = MediaFile::Open(*std::move(bytes), never);
  EXPECT_TRUE(file) << file.error().OneLine();
  return *std::move(file);
}

std::vector<TrackScan> Scan(MediaFile& file) {
  const std::vector<size_t> tracks = {0, 1};
  auto scans = ScanTracks(file, tracks, KeyTimes::kFind, [](double) {});
  EXPECT_TRUE(scans) << scans.error().OneLine();
  return *std::move(scans);
}

TEST(MediaFile, TellsWhatIsInTheFilm) {
  const MediaFile file = Open("ntsc.mp4");
  ASSERT_EQ(file.tracks().size(), 2u);
  const Track& video = file.tracks()[0].track;
  EXPECT_EQ(video.kind, TrackKind::kVideo);
  EXPECT_EQ(video.width, 320u);
  EXPECT_EQ(video.height, 180u);
  EXPECT_EQ(video.frame_rate_num, 30000u);
  EXPECT_EQ(video.frame_rate_den, 1001u);
  EXPECT_EQ(video.timescale, 30000u);
  EXPECT_EQ(video.sar_num, video.sar_den);
  EXPECT_TRUE(video.codecs.starts_with("avc1.")) << video.codecs;
  const Track& sound = file.tracks()[1].track;
  EXPECT_EQ(sound.kind, TrackKind::kAudio);
  EXPECT_EQ(sound.codecs, "mp4a.40.2");
  EXPECT_EQ(sound.sample_rate, 44100u);
  EXPECT_EQ(sound.channels, 1u);
  EXPECT_EQ(sound.language, "de");
}

TEST(MediaFile, TransportStreamsGiveTheSameTracksAsMp4) {
  const MediaFile mp4 = Open("film.mp4");
  const MediaFile ts = Open("film.ts");
  ASSERT_EQ(ts.tracks().size(), 2u);
  EXPECT_EQ(ts.tracks()[0].track.codecs, mp4.tracks()[0].track.codecs);
  EXPECT_EQ(ts.tracks()[0].track.decode_delay * 12800ull / 90000,
            mp4.tracks()[0].track.decode_delay);
  EXPECT_EQ(ts.tracks()[1].track.codecs, mp4.tracks()[1].track.codecs);
  EXPECT_EQ(ts.tracks()[1].track.channels, 2u);
  EXPECT_EQ(ts.tracks()[1].track.timescale, 48000u);
}

TEST(MediaFile, TellsWhichWayUpPicturesAre) {
  const MediaFile file = Open("rotated.mp4");
  const Track& video = file.tracks()[0].track;
  EXPECT_EQ(video.rotation, 270);  // FFmpeg counts the other way
  EXPECT_EQ(video.ShownSize().width, 180u);
  EXPECT_EQ(video.ShownSize().height, 320u);
  EXPECT_TRUE(file.warnings().empty());
  EXPECT_EQ(Open("film.mp4").tracks()[0].track.rotation, 0);
}

TEST(MediaFile, WarnsOfATransformationThatIsLost) {
  const testing::TempDir directory;
  std::string film = testing::ReadFile(TestMedia("film.mp4"));
  const size_t matrix = film.find("tkhd") + 44;  // of the pictures
  film.replace(matrix, 4, {'\xff', '\xff', '\0', '\0'});
  testing::WriteFile(directory / "mirrored.mp4", film);
  auto bytes = OpenInput(directory / "mirrored.mp4", {}, never);
  ASSERT_TRUE(bytes);
  const MediaFile file = MediaFile::Open(*std::move(bytes), never).value();
  ASSERT_EQ(file.warnings().size(), 1u);
  EXPECT_NE(file.warnings()[0].find("mirror"), std::string::npos);
}

TEST(MediaFile, EndsWhenInterrupted) {
  Interrupt interrupt;
  auto bytes = OpenInput(TestMedia("film.mp4"), {}, interrupt);
  ASSERT_TRUE(bytes);
  auto file = MediaFile::Open(*std::move(bytes), interrupt);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->Read());
  interrupt.Request();
  const auto packet = file->Read();
  ASSERT_FALSE(packet);
  EXPECT_EQ(packet.error().kind, ErrorKind::kFailed);
  EXPECT_NE(packet.error().OneLine().find("interrupted"), std::string::npos);
}

// Regression: AVDISCARD_NONKEY gave wrong times, seeking by decode times
// missed the last key frame.
TEST(Scan, TheIndexTellsTheSameKeyFramesAsReadingEverything) {
  for (const char* media : {"film.mp4", "faststart.mp4", "film.mov", "ntsc.mp4",
                            "trimmed.mp4", "opengop.mp4"}) {
    MediaFile indexed = Open(media);
    ASSERT_TRUE(indexed.has_index());
    const auto scans = Scan(indexed);
    MediaFile read = Open(media);
    const size_t video = 0;
    read.Select({&video, 1});
    std::vector<int64_t> keys;
    int64_t end = 0;
    while (true) {
      const auto packet = read.Read();
      ASSERT_TRUE(packet);
      if (!*packet) break;
      if ((*packet)->key) keys.push_back((*packet)->time);
      end = std::max(end, (*packet)->time + (*packet)->duration);
    }
    EXPECT_EQ(scans[0].key_times, keys) << media;
    EXPECT_NEAR(static_cast<double>(scans[0].end), static_cast<double>(end),
                indexed.tracks()[0].track.timescale / 10.0)
        << media;
  }
}

TEST(Scan, PrimingLiesInFrontOfTheFirstPresentedSound) {
  MediaFile file = Open("film.mp4");
  const auto scans = Scan(file);
  EXPECT_EQ(scans[1].first, -1024);
  EXPECT_EQ(scans[1].presented, 0);
  EXPECT_EQ(scans[0].first, 0);
  EXPECT_EQ(scans[0].preroll, 0u);
}

TEST(Scan, CountsThePicturesInFrontOfAnEdit) {
  MediaFile file = Open("trimmed.mp4");
  const auto scans = Scan(file);
  EXPECT_EQ(scans[0].preroll, 33u);  // 1.3 s at 25 a second, rounded up
  EXPECT_EQ(scans[0].presented, 0);
  EXPECT_LT(scans[0].first, 0);
}

TEST(Scan, TellsHowFarItIs) {
  MediaFile file = Open("film.ts");
  const std::vector<size_t> tracks = {0, 1};
  double last = 0;
  ASSERT_TRUE(ScanTracks(file, tracks, KeyTimes::kFind, [&](double fraction) {
    EXPECT_GE(fraction, last);
    EXPECT_LE(fraction, 1);
    last = fraction;
  }));
  EXPECT_GT(last, 0.9);
}

}  // namespace
}  // namespace usher
