#include <gtest/gtest.h>

#include "packager/encrypt/hevc/decoder_config.h"
#include "packager/encrypt/hevc/nal_unit.h"
#include "packager/encrypt/hevc/slice_header.h"
#include "packager/track/nal_units.h"
#include "tests/packager/encrypt/trace_headers.h"
#include "tests/support/run_process.h"
#include "tests/support/temp_dir.h"

namespace usher::hevc {
namespace {

using testing::TempDir;

struct Encode {
  const char* name;
  const char* options;  // x265-params
  const char* pixels = "yuv420p";
  const char* size = "320x240";
};

class EncodedHevcSliceHeader : public ::testing::TestWithParam<Encode> {};

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

struct Slices {
  ParameterSets sets;
  std::vector<Bytes> nals;
};

Slices ReadAnnexB(const std::filesystem::path& file) {
  const std::string bytes = testing::ReadFile(file);
  Slices slices;
  NalUnits units = NalUnits::AnnexB(AsBytes(bytes));
  while (const auto unit = units.Next()) {
    slices.sets.Add(*unit);
    if (IsVcl(*unit)) slices.nals.emplace_back(unit->begin(), unit->end());
  }
  return slices;
}

void ExpectHeadersAsFfmpegSeesThem(const std::filesystem::path& file) {
  const Slices slices = ReadAnnexB(file);
  const std::vector<size_t> bits = testing::TracedHevcSliceHeaderBits(file);
  ASSERT_EQ(slices.nals.size(), bits.size());
  ASSERT_FALSE(slices.nals.empty());
  for (size_t i = 0; i < bits.size(); ++i) {
    ASSERT_EQ(SliceHeaderSize(slices.nals[i], slices.sets),
              EscapedBytes(slices.nals[i], bits[i]))
        << "slice " << i;
  }
}

void Ffmpeg(const std::vector<std::string>& command) {
  const auto result = testing::RunProcess(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

TEST_P(EncodedHevcSliceHeader, EndsWhereFfmpegSeesItEnd) {
  const TempDir directory;
  const Encode& encode = GetParam();
  Ffmpeg({"ffmpeg", "-v", "error", "-f", "lavfi", "-i",
          std::string("testsrc2=r=25:d=1:s=") + encode.size, "-vf",
          "fade=in:0:20", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt",
          encode.pixels, "-x265-params",
          std::string("log-level=none:") + encode.options,
          directory / "in.hevc"});
  ExpectHeadersAsFfmpegSeesThem(directory / "in.hevc");
}

INSTANTIATE_TEST_SUITE_P(
    X265, EncodedHevcSliceHeader,
    ::testing::Values(
        Encode{"Defaults", "keyint=10"},
        Encode{"ManyReferences", "ref=5:bframes=6:b-pyramid=1:rc-lookahead=12"},
        Encode{"NoBPictures", "bframes=0:ref=4"},
        Encode{"FourSlices", "slices=4", "yuv420p", "640x480"},
        Encode{"Wavefronts", "wpp=1:ctu=16", "yuv420p", "640x480"},
        Encode{"NoWavefronts", "wpp=0"},
        Encode{"Weighted", "weightp=1:weightb=1:bframes=3:ref=4"},
        Encode{"NoLoopFilters", "deblock=0:sao=0"},
        Encode{"DeblockOffsets", "deblock=2,-2"},
        Encode{"Sao", "sao=1:no-temporal-mvp=1"},
        Encode{"ChromaQpOffsets", "cbqpoffs=2:crqpoffs=-3"},
        Encode{"TemporalLayers", "temporal-layers=1:bframes=4:b-pyramid=1"},
        Encode{"OpenGop", "open-gop=1:keyint=8:min-keyint=8:bframes=4"},
        Encode{"ClosedGopWithRadl", "open-gop=0:radl=2:keyint=8:bframes=3"},
        Encode{"IntraRefresh", "intra-refresh=1:keyint=10"},
        Encode{"ScalingLists", "scaling-list=default"},
        Encode{"TenBits", "keyint=10", "yuv420p10le"},
        Encode{"Main422", "keyint=10", "yuv422p"},
        Encode{"Main444", "keyint=10", "yuv444p"},
        Encode{"Gray", "keyint=10", "gray"}, Encode{"Fields", "interlace=tff"}),
    [](const auto& encode) { return std::string(encode.param.name); });

TEST(HevcSliceHeader, OfARealClipEndsWhereFfmpegSeesItEnd) {
  const std::filesystem::path clip = "../shared/media/bear-640x360-hevc.mp4";
  if (!std::filesystem::exists(clip)) GTEST_SKIP() << clip << " is not here";
  const TempDir directory;
  Ffmpeg({"ffmpeg", "-v", "error", "-i", clip, "-an", "-c", "copy",
          directory / "in.hevc"});
  ExpectHeadersAsFfmpegSeesThem(directory / "in.hevc");
}

class DamagedHevcSliceHeader : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TempDir directory;
    Ffmpeg({"ffmpeg", "-v", "error", "-f", "lavfi", "-i",
            "testsrc2=r=25:d=1:s=320x240", "-c:v", "libx265", "-x265-params",
            "log-level=none:bframes=3:ref=4", directory / "in.hevc"});
    slices_ = new Slices(ReadAnnexB(directory / "in.hevc"));
  }
  static void TearDownTestSuite() { delete slices_; }
  static Slices* slices_;
};
Slices* DamagedHevcSliceHeader::slices_ = nullptr;

TEST_F(DamagedHevcSliceHeader, IsNotReadWhereItIsCutShort) {
  for (const Bytes& nal : slices_->nals) {
    const auto size = SliceHeaderSize(nal, slices_->sets);
    ASSERT_TRUE(size);
    for (size_t cut = 0; cut < *size; ++cut) {
      EXPECT_EQ(SliceHeaderSize(ByteView(nal).first(cut), slices_->sets),
                std::nullopt);
    }
  }
}

TEST_F(DamagedHevcSliceHeader, IsNotReadWithoutItsParameterSets) {
  EXPECT_EQ(SliceHeaderSize(slices_->nals.front(), ParameterSets()),
            std::nullopt);
}

TEST_F(DamagedHevcSliceHeader, OfAnotherLayerIsNone) {
  Bytes nal = slices_->nals.front();
  nal[1] |= 8;  // nuh_layer_id 1
  EXPECT_EQ(SliceHeaderSize(nal, slices_->sets), std::nullopt);
}

}  // namespace
}  // namespace usher::hevc
