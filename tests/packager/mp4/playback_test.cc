// What FFmpeg, which shares no code with the box writer, makes of its output.
#include <gtest/gtest.h>

#include "packager/mp4/init_segment.h"
#include "packager/mp4/media_segment.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"

namespace usher::mp4 {
namespace {

using testing::FrameHashes;
using testing::ReadSourceTrack;
using testing::RunProcess;
using testing::SourceTrack;
using testing::TempDir;

void Package(const SourceTrack& source, const std::filesystem::path& file) {
  std::string bytes(AsText(WriteInitSegment(source.track, std::nullopt)));
  for (const Fragment& fragment : source.fragments) {
    bytes += AsText(WriteSegmentHeader(fragment, Scheme::kNone, {}));
    bytes += AsText(fragment.data);
  }
  testing::WriteFile(file, bytes);
}

std::string Ffprobe(const std::filesystem::path& file,
                    const std::string& entries) {
  return RunProcess({"ffprobe", "-v", "error", "-show_entries", entries, "-of",
                     "csv=p=0", file})
      .out;
}

TEST(ClearSegments, DecodeToTheFramesOfTheSource) {
  const TempDir directory;
  const auto source = testing::MakeVideo(directory / "in.mp4", {"-bf", "2"});
  const SourceTrack track = ReadSourceTrack(source, TrackKind::kVideo);
  ASSERT_EQ(track.fragments.size(), 2U);
  Package(track, directory / "out.mp4");
  const auto hashes = FrameHashes(directory / "out.mp4");
  EXPECT_EQ(hashes.size(), 50U);
  EXPECT_EQ(hashes, FrameHashes(source));
}

TEST(ClearSegments, KeepThePresentationTimeOfEverySample) {
  const TempDir directory;
  const auto source = testing::MakeVideo(directory / "in.mp4", {"-bf", "2"});
  SourceTrack track = ReadSourceTrack(source, TrackKind::kVideo);
  for (Fragment& fragment : track.fragments) fragment.decode_time += 1000000;
  Package(track, directory / "out.mp4");
  std::string expected;
  for (const Fragment& fragment : track.fragments) {
    auto time = static_cast<int64_t>(fragment.decode_time);
    for (const Sample& sample : fragment.samples) {
      expected += std::to_string(time + sample.composition_offset) + ',' +
                  std::to_string(sample.duration) + ',' +
                  std::to_string(sample.size) + ',' +
                  (sample.key ? "K_\n" : "__\n");
      time += sample.duration;
    }
  }
  EXPECT_EQ(Ffprobe(directory / "out.mp4", "packet=pts,duration,size,flags"),
            expected);
}

TEST(ClearSegments, AreSoundToFfmpegToo) {
  const TempDir directory;
  const auto source = testing::MakeAudio(directory / "in.mp4");
  SourceTrack track = ReadSourceTrack(source, TrackKind::kAudio);
  track.track.language = "de";
  Package(track, directory / "out.mp4");
  EXPECT_EQ(FrameHashes(directory / "out.mp4"),
            FrameHashes(source, {"-ignore_editlist", "1"}));
  EXPECT_EQ(Ffprobe(directory / "out.mp4",
                    "stream=codec_name,profile,sample_rate,channels:"
                    "stream_tags=language"),
            "aac,LC,48000,2,deu\n");
}

TEST(ClearSegments, ShowAnamorphicPicturesAtTheirWidth) {
  const TempDir directory;
  const auto source =
      testing::MakeVideo(directory / "in.mp4", {"-vf", "setsar=1", "-t", "1"});
  SourceTrack track = ReadSourceTrack(source, TrackKind::kVideo);
  track.track.sar_num = 4;
  track.track.sar_den = 3;
  Package(track, directory / "out.mp4");
  EXPECT_EQ(Ffprobe(directory / "out.mp4",
                    "stream=width,height,sample_aspect_ratio,"
                    "display_aspect_ratio"),
            "320,240,4:3,16:9\n");
}

}  // namespace
}  // namespace usher::mp4
