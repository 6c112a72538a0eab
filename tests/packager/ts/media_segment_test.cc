// What FFmpeg, which shares no code with the muxer, makes of its output.
#include "packager/ts/media_segment.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"

namespace usher::ts {
namespace {

using testing::FrameHashes;
using testing::ReadSourceTrack;
using testing::RunProcess;
using testing::SourceTrack;
using testing::TempDir;

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with(',')) line.pop_back();  // of side data
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

class TransportStream : public ::testing::Test {
 protected:
  std::filesystem::path Write(const SourceTrack& source) {
    auto writer = SegmentWriter::Make(source.track);
    EXPECT_TRUE(writer.has_value());
    std::string all;
    for (const Fragment& fragment : source.fragments) {
      const auto segment = writer->Write(fragment);
      EXPECT_TRUE(segment.has_value());
      all += AsText(segment->bytes);
    }
    testing::WriteFile(directory_ / "out.ts", all);
    return directory_ / "out.ts";
  }

  std::vector<std::string> Packets(const std::filesystem::path& file,
                                   const std::string& entries) {
    return Lines(RunProcess({"ffprobe", "-v", "error", "-show_entries",
                             "packet=" + entries, "-of", "csv=p=0", file})
                     .out);
  }

  const TempDir directory_;
};

TEST_F(TransportStream, DecodesToTheFramesOfTheSource) {
  const auto source = testing::MakeVideo(directory_ / "in.mp4", {"-bf", "2"});
  const auto out = Write(ReadSourceTrack(source, TrackKind::kVideo));
  const auto hashes = FrameHashes(out);
  EXPECT_EQ(hashes.size(), 50U);
  EXPECT_EQ(hashes, FrameHashes(source));
}

TEST_F(TransportStream, KeepsBothTimesOfEveryPicture) {
  const auto source = testing::MakeVideo(directory_ / "in.mp4", {"-bf", "2"});
  SourceTrack track = ReadSourceTrack(source, TrackKind::kVideo);
  std::vector<std::string> expected;
  for (Fragment& fragment : track.fragments) {
    fragment.decode_time += 100 * uint64_t{track.track.timescale};
    auto time = static_cast<int64_t>(fragment.decode_time);
    for (const Sample& sample : fragment.samples) {
      const auto at = [&](int64_t ticks) {
        return std::to_string(ticks * 90'000 / track.track.timescale);
      };
      expected.push_back(at(time + sample.composition_offset) + "," + at(time));
      time += sample.duration;
    }
  }
  EXPECT_EQ(Packets(Write(track), "pts,dts"), expected);
}

TEST_F(TransportStream, GoesOnWhereThe33BitsOfItsClockEnd) {
  const auto source = testing::MakeVideo(directory_ / "in.mp4", {"-bf", "2"});
  SourceTrack track = ReadSourceTrack(source, TrackKind::kVideo);
  const uint64_t wrap = (uint64_t{1} << 33) * track.track.timescale / 90'000;
  for (Fragment& fragment : track.fragments) {
    fragment.decode_time += wrap - track.track.timescale;
  }
  EXPECT_EQ(FrameHashes(Write(track)), FrameHashes(source));
}

TEST_F(TransportStream, IsSoundToFfmpegToo) {
  const auto source = testing::MakeAudio(directory_ / "in.mp4");
  const auto out = Write(ReadSourceTrack(source, TrackKind::kAudio));
  EXPECT_EQ(FrameHashes(out), FrameHashes(source, {"-ignore_editlist", "1"}));
}

TEST_F(TransportStream, HoldsSamplesOfAnySizeAndSegmentsOfOneSample) {
  SourceTrack track = ReadSourceTrack(
      testing::MakeVideo(directory_ / "in.mp4", {}), TrackKind::kVideo);
  const auto writer = SegmentWriter::Make(track.track);
  ASSERT_TRUE(writer);
  for (const uint32_t size : {0U, 5U, 64U, 180U, 70'000U, 400'000U}) {
    Fragment fragment;
    fragment.number = 7;
    fragment.samples = {{size, 512, 0, true}};
    fragment.data.assign(size, 1);
    if (size > 4) {  // one NAL unit
      const uint32_t length = size - 4;
      for (int i = 0; i < 4; ++i) {
        fragment.data[static_cast<size_t>(i)] =
            static_cast<uint8_t>(length >> (24 - 8 * i));
      }
      fragment.data[4] = 0x65;
    }
    const auto segment = writer->Write(fragment);
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->bytes.size() % 188, 0U);
    EXPECT_EQ(segment->bytes.size() / 188 % 16, 2U);
    EXPECT_EQ(segment->first_sample_end, segment->bytes.size());
  }
}

TEST_F(TransportStream, RefusesBrokenNalUnits) {
  SourceTrack track = ReadSourceTrack(
      testing::MakeVideo(directory_ / "in.mp4", {}), TrackKind::kVideo);
  track.fragments[0].data[0] = 0x7F;  // the first length
  const auto writer = SegmentWriter::Make(track.track);
  ASSERT_TRUE(writer);
  const auto segment = writer->Write(track.fragments[0]);
  ASSERT_FALSE(segment);
  EXPECT_EQ(segment.error().kind, ErrorKind::kBadInput);
}

TEST(AdtsHeaders, CannotTellOfEveryAac) {
  Track track;
  track.kind = TrackKind::kAudio;
  track.codec = Codec::kAac;
  track.name = "a-eng";
  for (const Bytes& config : {Bytes{0x11, 0x80},  // no channels
                              Bytes{0x17, 0x80, 0x5D, 0xBF, 0x90},  // own rate
                              Bytes{0x11, 0x94}}) {  // 960 samples
    track.decoder_config = config;
    const auto writer = SegmentWriter::Make(track);
    EXPECT_FALSE(writer);
  }
  track.decoder_config = {0x11, 0x90};  // LC, 48 kHz, stereo
  EXPECT_TRUE(SegmentWriter::Make(track));
}

}  // namespace
}  // namespace usher::ts
