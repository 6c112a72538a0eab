#include "packager/encrypt/h264/slice_header.h"

#include <gtest/gtest.h>

#include "packager/encrypt/h264/decoder_config.h"
#include "packager/encrypt/h264/nal_unit.h"
#include "tests/packager/encrypt/nal_writer.h"
#include "tests/packager/encrypt/random_stream.h"
#include "tests/packager/encrypt/trace_headers.h"
#include "tests/support/movie_fragment.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"

namespace usher::h264 {
namespace {

using testing::MakeRandomSlice;
using testing::RandomSlice;
using testing::ReadSourceTrack;
using testing::SourceTrack;
using testing::TempDir;

constexpr uint64_t kSeeds = 2000;

TEST(SliceHeader, EndsWhereTheWriterEndedIt) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const RandomSlice random = MakeRandomSlice(seed);
    ParameterSets sets;
    ASSERT_TRUE(sets.Add(random.sps)) << seed;
    ASSERT_TRUE(sets.Add(random.pps)) << seed;
    ASSERT_EQ(SliceHeaderSize(random.slice, sets), random.header_size) << seed;
  }
}

// Bytes of `nal`, emulation prevention included, that hold its first `bits`.
size_t EscapedBytes(ByteView nal, size_t bits) {
  size_t bytes = (bits + 7) / 8;
  unsigned zeros = 0;
  for (size_t i = 0; i < bytes; ++i) {
    if (zeros >= 2 && nal[i] == 3) {
      ++bytes;
      zeros = 0;
    } else {
      zeros = nal[i] == 0 ? zeros + 1 : 0;
    }
  }
  return bytes;
}

TEST(SliceHeader, EndsWhereFfmpegSeesItEndWhateverTheSyntax) {
  const TempDir directory;
  std::string stream;
  std::vector<RandomSlice> slices;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    slices.push_back(MakeRandomSlice(seed));
    for (const Bytes* nal :
         {&slices.back().sps, &slices.back().pps, &slices.back().slice}) {
      stream += std::string("\0\0\0\1", 4) + std::string(AsText(*nal));
    }
  }
  testing::WriteFile(directory / "random.h264", stream);
  const std::vector<size_t> bits = testing::TracedSliceHeaderBits(
      directory / "random.h264", {"-f", "h264", "-probesize", "32"});
  ASSERT_EQ(bits.size(), slices.size());
  for (size_t i = 0; i < slices.size(); ++i) {
    EXPECT_EQ(slices[i].header_size, EscapedBytes(slices[i].slice, bits[i]))
        << i;
  }
}

struct Encode {
  const char* name;
  std::vector<std::string> options;
};

class EncodedSliceHeader : public ::testing::TestWithParam<Encode> {};

std::vector<Bytes> SliceNals(const SourceTrack& source,
                             const DecoderConfig& config) {
  std::vector<Bytes> nals;
  for (const Fragment& fragment : source.fragments) {
    for (const Bytes& sample : testing::SplitSamples(fragment)) {
      for (ByteView rest = sample; !rest.empty();) {
        size_t size = 0;
        for (unsigned i = 0; i < config.nal_length_size; ++i) {
          size = size << 8 | rest[i];
        }
        const ByteView nal = rest.subspan(config.nal_length_size, size);
        if (IsVcl(nal)) nals.emplace_back(nal.begin(), nal.end());
        rest = rest.subspan(config.nal_length_size + size);
      }
    }
  }
  return nals;
}

void ExpectHeadersAsFfmpegSeesThem(const std::filesystem::path& file) {
  const SourceTrack source = ReadSourceTrack(file, TrackKind::kVideo);
  const auto config = ParseDecoderConfig(source.track.decoder_config);
  ASSERT_TRUE(config);
  const std::vector<Bytes> nals = SliceNals(source, *config);
  const std::vector<size_t> bits = testing::TracedSliceHeaderBits(file);
  ASSERT_EQ(nals.size(), bits.size());
  ASSERT_FALSE(nals.empty());
  for (size_t i = 0; i < nals.size(); ++i) {
    EXPECT_EQ(SliceHeaderSize(nals[i], config->parameter_sets),
              EscapedBytes(nals[i], bits[i]))
        << "slice " << i;
  }
}

TEST_P(EncodedSliceHeader, EndsWhereFfmpegSeesItEnd) {
  const TempDir directory;
  ExpectHeadersAsFfmpegSeesThem(
      testing::MakeVideo(directory / "in.mp4", GetParam().options));
}

INSTANTIATE_TEST_SUITE_P(
    X264, EncodedSliceHeader,
    ::testing::Values(
        Encode{"Defaults", {}},
        Encode{"BaselineCavlc", {"-profile:v", "baseline"}},
        Encode{"MainCavlc", {"-coder", "vlc", "-bf", "3"}},
        Encode{"FourSlices", {"-x264-params", "slices=4"}},
        Encode{"SmallSlices", {"-x264-params", "slice-max-size=300"}},
        Encode{"Weighted",
               {"-vf", "fade=in:0:25", "-preset", "slow", "-x264-params",
                "weightp=2:weightb=1:bframes=3:ref=6"}},
        Encode{"Mbaff", {"-flags", "+ilme+ildct"}},
        Encode{"FakeInterlaced", {"-x264-params", "fake-interlaced=1"}},
        Encode{"BPyramidOpenGop",
               {"-x264-params", "bframes=8:b-pyramid=normal:open-gop=1:ref=4"}},
        Encode{"IntraRefresh", {"-x264-params", "intra-refresh=1"}},
        Encode{"High422", {"-pix_fmt", "yuv422p"}},
        Encode{"High444", {"-pix_fmt", "yuv444p"}},
        Encode{"Gray", {"-pix_fmt", "gray"}},
        Encode{"NoDeblock", {"-x264-params", "no-deblock=1"}}),
    [](const auto& encode) { return std::string(encode.param.name); });

class SharedClipSliceHeader : public ::testing::TestWithParam<const char*> {};

TEST_P(SharedClipSliceHeader, EndsWhereFfmpegSeesItEnd) {
  const std::filesystem::path file =
      std::filesystem::path("../shared/media") / GetParam();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  ExpectHeadersAsFfmpegSeesThem(file);
}

INSTANTIATE_TEST_SUITE_P(All, SharedClipSliceHeader,
                         ::testing::Values("bbb_prog_10s.mp4",
                                           "bear-1280x720.mp4",
                                           "bear-320x180.mp4",
                                           "bear-640x360.mp4",
                                           "sintel-1024x436.mp4"));

TEST(SliceHeader, IsNotReadWithoutItsParameterSets) {
  const RandomSlice random = MakeRandomSlice(1);
  ParameterSets sets;
  EXPECT_EQ(SliceHeaderSize(random.slice, sets), std::nullopt);
  sets.Add(random.pps);
  EXPECT_EQ(SliceHeaderSize(random.slice, sets), std::nullopt);
  sets.Add(random.sps);
  EXPECT_NE(SliceHeaderSize(random.slice, sets), std::nullopt);
}

TEST(SliceHeader, IsNotReadWhereItIsCutShort) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const RandomSlice random = MakeRandomSlice(seed);
    ParameterSets sets;
    sets.Add(random.sps);
    sets.Add(random.pps);
    for (size_t size = 0; size < random.header_size; ++size) {
      const Bytes cut(random.slice.begin(),
                      random.slice.begin() + static_cast<long>(size));
      EXPECT_EQ(SliceHeaderSize(cut, sets), std::nullopt);
    }
  }
}

TEST(SliceHeader, OfANalUnitThatIsNoSliceIsNone) {
  const RandomSlice random = MakeRandomSlice(3);
  ParameterSets sets;
  sets.Add(random.sps);
  sets.Add(random.pps);
  Bytes nal = random.slice;
  for (uint8_t type : {0, 2, 3, 4, 6, 14, 19, 20, 21}) {
    nal[0] = static_cast<uint8_t>((nal[0] & 0xE0) | type);
    EXPECT_EQ(SliceHeaderSize(nal, sets), std::nullopt) << int{type};
  }
}

}  // namespace
}  // namespace usher::h264
