#include "packager/mp4/media_segment.h"

#include <gtest/gtest.h>

#include <chrono>

#include "core/base/byte_writer.h"
#include "core/base/hex.h"
#include "packager/mp4/mdat.h"
#include "tests/support/box_reader.h"
#include "tests/support/movie_fragment.h"

namespace usher::mp4 {
namespace {

using testing::Box;
using testing::FieldReader;
using testing::ReadBoxes;

Fragment MakeFragment(std::vector<Sample> samples) {
  Fragment fragment{.number = 7,
                    .decode_time = 0x123456789A,
                    .samples = std::move(samples),
                    .data = {}};
  for (const Sample& sample : fragment.samples) {
    fragment.data.resize(fragment.data.size() + sample.size,
                         static_cast<uint8_t>(fragment.data.size()));
  }
  return fragment;
}

Bytes Segment(const Fragment& fragment, Scheme scheme = Scheme::kNone,
              std::span<const SampleProtection> protections = {}) {
  Bytes bytes = WriteSegmentHeader(fragment, scheme, protections);
  bytes.insert(bytes.end(), fragment.data.begin(), fragment.data.end());
  return bytes;
}

uint32_t Flags(const Box& box) { return box.Fields().U32() & 0xFFFFFF; }

void ExpectSame(const Fragment& read, const Fragment& written) {
  EXPECT_EQ(read.number, written.number);
  EXPECT_EQ(read.decode_time, written.decode_time);
  EXPECT_EQ(read.data, written.data);
  ASSERT_EQ(read.samples.size(), written.samples.size());
  for (size_t i = 0; i < read.samples.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(read.samples[i].size, written.samples[i].size);
    EXPECT_EQ(read.samples[i].duration, written.samples[i].duration);
    EXPECT_EQ(read.samples[i].composition_offset,
              written.samples[i].composition_offset);
    EXPECT_EQ(read.samples[i].key, written.samples[i].key);
  }
}

// In front of moof, of its own part alone (ISO/IEC 14496-12 8.16.5).
TEST(ProducerReferenceTime, IsInNtpsTimeAndInTheTracks) {
  Fragment fragment = MakeFragment({{100, 1024, 512, true}});
  fragment.part = 1;
  EXPECT_FALSE(AsText(Segment(fragment)).contains("prft"));
  using std::chrono::milliseconds;
  fragment.produced =
      std::chrono::sys_time<milliseconds>(milliseconds(1'700'000'000'250));
  const Bytes bytes = Segment(fragment);
  FieldReader in(bytes);
  EXPECT_EQ(in.U32(), 32U);
  EXPECT_EQ(in.Text(4), "prft");
  EXPECT_EQ(in.U32(), 0x01000008U) << "a time line of its own, consistently";
  EXPECT_EQ(in.U32(), 1U) << "track";
  EXPECT_EQ(in.U32(), 1'700'000'000U + 2'208'988'800U);
  EXPECT_EQ(in.U32(), 0x40000000U) << "a quarter of a second";
  EXPECT_EQ(in.U64(), 0x123456789A + 512U);
  EXPECT_EQ(AsText(ByteView(bytes).subspan(36, 4)), "moof");
}

struct TableCase {
  const char* name;
  std::vector<Sample> samples;
  uint32_t tfhd_flags;
  uint32_t trun_flags;
};

class SampleTable : public ::testing::TestWithParam<TableCase> {};

TEST_P(SampleTable, IsReadBackAndHoldsOnlyWhatDiffers) {
  const Fragment fragment = MakeFragment(GetParam().samples);
  const Bytes bytes = Segment(fragment);
  const Box file = ReadBoxes(bytes);
  const Box& moof = file.At("moof");
  ExpectSame(testing::ReadMovieFragment(file, moof), fragment);
  EXPECT_EQ(Flags(moof.At("traf/tfhd")), GetParam().tfhd_flags);
  EXPECT_EQ(Flags(moof.At("traf/trun")), GetParam().trun_flags);
  EXPECT_EQ(moof.At("traf/trun").payload[0], 1) << "signed offsets: version 1";
}

INSTANTIATE_TEST_SUITE_P(
    All, SampleTable,
    ::testing::Values(
        TableCase{"AllAlike",
                  {{10, 1024, 0, true}, {10, 1024, 0, true}},
                  0x020038,
                  0x000001},
        TableCase{"Sizes",
                  {{10, 1024, 0, true}, {11, 1024, 0, true}},
                  0x020028,
                  0x000201},
        TableCase{"LastDuration",
                  {{10, 1024, 0, true}, {10, 1000, 0, true}},
                  0x020030,
                  0x000101},
        TableCase{"KeyFrameInFront",
                  {{9, 40, 0, true}, {9, 40, 0, false}, {9, 40, 0, false}},
                  0x020038,
                  0x000005},
        TableCase{"KeyFrameWithin",
                  {{9, 40, 0, true}, {9, 40, 0, false}, {9, 40, 0, true}},
                  0x020018,
                  0x000401},
        TableCase{"NegativeOffsets",
                  {{30, 40, 0, true}, {20, 40, 80, false}, {5, 40, -40, false}},
                  0x020028,
                  0x000A05},
        TableCase{"OneSample", {{10, 1024, 0, true}}, 0x020038, 0x000001},
        TableCase{"NoSamples", {}, 0x020000, 0x000701},
        TableCase{"EmptySample",
                  {{0, 40, 0, true}, {3, 40, 0, true}},
                  0x020028,
                  0x000201}),
    [](const auto& table_case) { return std::string(table_case.param.name); });

TEST(MediaSegment, IsATypeOneFragmentAndItsData) {
  const Bytes bytes = Segment(MakeFragment({{10, 1024, 0, true}}));
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(file.ChildTypes(), "styp moof mdat");
  EXPECT_EQ(file.At("moof").ChildTypes(), "mfhd traf");
  EXPECT_EQ(file.At("moof/traf").ChildTypes(), "tfhd tfdt trun");
  EXPECT_EQ(AsText(file.At("styp").payload),
            std::string_view("cmfs\0\0\0\0cmfscmffmsdhiso6", 24));
}

TEST(MediaSegment, HasADecodeTimeOf64Bits) {
  const Bytes bytes = Segment(MakeFragment({{10, 1024, 0, true}}));
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(ToHex(file.At("moof/traf/tfdt").payload),
            "01000000000000123456789a");
}

TEST(MdatHeader, HasA64BitSizeOnlyWhereItNeedsOne) {
  const auto header = [](uint64_t payload) {
    Bytes bytes;
    ByteWriter out(bytes);
    WriteMdatHeader(out, payload);
    return ToHex(bytes);
  };
  EXPECT_EQ(header(0), "000000086d646174");
  EXPECT_EQ(header(0xFFFFFFF7), "ffffffff6d646174");
  EXPECT_EQ(header(0xFFFFFFF8), "000000016d6461740000000100000008");
  EXPECT_EQ(header(0x200000000), "000000016d6461740000000200000010");
}

// Payload of `traf`'s box `type` under `protections` of two samples.
std::string AuxiliaryBox(const char* type, Scheme scheme,
                         std::span<const SampleProtection> protections) {
  const Bytes bytes = Segment(
      MakeFragment({{40, 1, 0, true}, {40, 1, 0, true}}), scheme, protections);
  const Box file = ReadBoxes(bytes);
  const Box* box = file.At("moof/traf").Find(type);
  return box == nullptr ? "none" : ToHex(box->payload);
}

TEST(SampleEncryption, CarriesIvAndSubsamplesOfCenc) {
  const std::vector<SampleProtection> protections = {
      {.iv = {1, 2, 3, 4, 5, 6, 7, 8}, .subsamples = {{8, 32}}},
      {.iv = {1, 2, 3, 4, 5, 6, 7, 9}, .subsamples = {{4, 16}, {4, 16}}}};
  EXPECT_EQ(AuxiliaryBox("senc", Scheme::kCenc, protections),
            "00000002"
            "00000002"
            "0102030405060708"
            "0001"
            "0008"
            "00000020"
            "0102030405060709"
            "0002"
            "0004"
            "00000010"
            "0004"
            "00000010");
  EXPECT_EQ(AuxiliaryBox("saiz", Scheme::kCenc, protections),
            "00000000"
            "00"
            "00000002"
            "10"
            "16");
}

TEST(SampleEncryption, CarriesOnlyIvsForWholeSamplesOfCenc) {
  const std::vector<SampleProtection> protections = {
      {.iv = {1, 2, 3, 4, 5, 6, 7, 8}, .subsamples = {}},
      {.iv = {1, 2, 3, 4, 5, 6, 7, 9}, .subsamples = {}}};
  EXPECT_EQ(AuxiliaryBox("senc", Scheme::kCenc, protections),
            "00000000"
            "00000002"
            "0102030405060708"
            "0102030405060709");
  EXPECT_EQ(AuxiliaryBox("saiz", Scheme::kCenc, protections),
            "00000000"
            "08"
            "00000002");
}

TEST(SampleEncryption, CarriesOnlySubsamplesOfCbcs) {
  const std::vector<SampleProtection> protections = {
      {.iv = {}, .subsamples = {{7, 33}}}, {.iv = {}, .subsamples = {{9, 31}}}};
  EXPECT_EQ(AuxiliaryBox("senc", Scheme::kCbcs, protections),
            "00000002"
            "00000002"
            "0001"
            "0007"
            "00000021"
            "0001"
            "0009"
            "0000001f");
  EXPECT_EQ(AuxiliaryBox("saiz", Scheme::kCbcs, protections),
            "00000000"
            "08"
            "00000002");
}

TEST(SampleEncryption, IsLeftOutWhereTencSaysItAll) {
  const std::vector<SampleProtection> whole_samples(2);
  for (const char* type : {"senc", "saiz", "saio"}) {
    EXPECT_EQ(AuxiliaryBox(type, Scheme::kCbcs, whole_samples), "none");
    EXPECT_EQ(AuxiliaryBox(type, Scheme::kNone, {}), "none");
  }
}

TEST(SampleEncryption, IsWhereSaioPointsFromTheStartOfMoof) {
  const std::vector<SampleProtection> protections = {
      {.iv = {1, 2, 3, 4, 5, 6, 7, 8}, .subsamples = {}},
      {.iv = {1, 2, 3, 4, 5, 6, 7, 9}, .subsamples = {}}};
  const Bytes bytes =
      Segment(MakeFragment({{40, 1, 0, true}, {40, 1, 0, true}}), Scheme::kCenc,
              protections);
  const Box file = ReadBoxes(bytes);
  FieldReader saio = file.At("moof/traf/saio").Fields();
  saio.U32();
  EXPECT_EQ(saio.U32(), 1U);
  FieldReader entries(bytes);
  entries.Skip(file.At("moof").offset + saio.U32());
  EXPECT_EQ(ToHex(entries.Take(16)), "01020304050607080102030405060709");
}

}  // namespace
}  // namespace usher::mp4
