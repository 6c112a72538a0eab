#include "packager/encrypt/nal_mapper.h"

#include <gtest/gtest.h>

#include "core/base/byte_writer.h"
#include "packager/encrypt/h264/slice_header.h"
#include "packager/encrypt/subsample_list.h"
#include "tests/packager/encrypt/nal_writer.h"
#include "tests/packager/encrypt/random_stream.h"

namespace usher {

static bool operator==(const Subsample& a, const Subsample& b) {
  return a.clear == b.clear && a.encrypted == b.encrypted;
}

static void PrintTo(const Subsample& subsample, std::ostream* out) {
  *out << '(' << subsample.clear << ", " << subsample.encrypted << ')';
}

namespace {

using testing::NalWriter;
using Map = std::vector<Subsample>;

// Baseline, 4-bit frame numbers, poc type 2: slice headers are short.
Bytes SmallSps() {
  NalWriter out(3, 7);
  out.U(24, 0x42001E);
  out.Ue(0);        // seq_parameter_set_id
  out.Ue(0);        // log2_max_frame_num_minus4
  out.Ue(2);        // pic_order_cnt_type
  out.Ue(1);        // max_num_ref_frames
  out.Flag(false);  // gaps_in_frame_num_value_allowed_flag
  out.Ue(19);
  out.Ue(14);
  out.Flag(true);   // frame_mbs_only_flag
  out.Flag(true);   // direct_8x8_inference_flag
  out.Flag(false);  // frame_cropping_flag
  out.Flag(false);  // vui_parameters_present_flag
  return out.FinishParameterSet();
}

Bytes SmallPps(bool deblocking_control = false) {
  NalWriter out(3, 8);
  out.Ue(0);
  out.Ue(0);
  out.Flag(false);  // entropy_coding_mode_flag
  out.Flag(false);
  out.Ue(0);  // num_slice_groups_minus1
  out.Ue(0);
  out.Ue(0);
  out.Flag(false);  // weighted_pred_flag
  out.U(2, 0);
  out.Se(0);
  out.Se(0);
  out.Se(0);
  out.Flag(deblocking_control);
  out.Flag(false);
  out.Flag(false);  // redundant_pic_cnt_present_flag
  return out.FinishParameterSet();
}

// An I slice of `size` bytes in all; its header ends in the third byte.
constexpr size_t kSliceHead = 3;
Bytes Slice(size_t size) {
  NalWriter out(0, 1);
  out.Ue(0);    // first_mb_in_slice
  out.Ue(2);    // slice_type: I
  out.Ue(0);    // pic_parameter_set_id
  out.U(4, 0);  // frame_num
  out.Se(0);    // slice_qp_delta
  EXPECT_EQ(out.EscapedSize(out.bits()), kSliceHead);
  Bytes nal = out.FinishSlice({});
  nal.resize(size, 0xAA);
  return nal;
}

// Its header has 3 bytes without deblocking control, and 4 with it, where
// slice_alpha_c0_offset_div2 reaches into the fourth.
Bytes SliceOfTwoReadings() {
  Bytes nal = Slice(60);
  nal[2] = 0b11100001;
  nal[3] = 0xFF;
  return nal;
}

Bytes Nal(uint8_t type, size_t size) {
  Bytes nal(size, 0x55);
  if (size > 0) nal[0] = type;
  return nal;
}

Bytes SampleOf(std::initializer_list<Bytes> nals, unsigned length_size = 4) {
  Bytes sample;
  for (const Bytes& nal : nals) {
    for (unsigned i = length_size; i-- > 0;) {
      sample.push_back(static_cast<uint8_t>(nal.size() >> (8 * i)));
    }
    sample.insert(sample.end(), nal.begin(), nal.end());
  }
  return sample;
}

std::unique_ptr<SampleMapper> Mapper(Scheme scheme, unsigned length_size = 4) {
  h264::DecoderConfig config{.nal_length_size = length_size,
                             .parameter_sets = {}};
  EXPECT_TRUE(config.parameter_sets.Add(SmallSps()));
  EXPECT_TRUE(config.parameter_sets.Add(SmallPps()));
  auto mapper = MakeNalMapper(scheme, std::move(config));
  mapper->StartFragment();
  return mapper;
}

Map MapOf(Scheme scheme, ByteView sample, unsigned length_size = 4) {
  const auto map = Mapper(scheme, length_size)->Map(sample);
  EXPECT_TRUE(map) << (map ? "" : map.error().OneLine());
  return map.value_or(Map{});
}

TEST(SubsampleMap, LeavesLengthAndHeadersClear) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Slice(100)})), (Map{{7, 97}}));
}

TEST(SubsampleMap, ProtectsWholeBlocksUnderCencByMoreClearBytes) {
  EXPECT_EQ(MapOf(Scheme::kCenc, SampleOf({Slice(100)})), (Map{{8, 96}}));
  EXPECT_EQ(MapOf(Scheme::kCenc, SampleOf({Slice(99)})), (Map{{7, 96}}));
  EXPECT_EQ(MapOf(Scheme::kCenc, SampleOf({Slice(98)})), (Map{{22, 80}}));
}

TEST(SubsampleMap, JoinsClearUnitsInFrontOfASlice) {
  const Bytes sample =
      SampleOf({Nal(9, 2), SmallSps(), SmallPps(), Nal(6, 50), Slice(60)});
  const auto clear = static_cast<uint16_t>(sample.size() - 57);
  EXPECT_EQ(MapOf(Scheme::kCbcs, sample), (Map{{clear, 57}}));
}

TEST(SubsampleMap, HasAnEntryForEachSlice) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Slice(40), Slice(50), Nal(6, 5)})),
            (Map{{7, 37}, {7, 47}, {9, 0}}));
}

TEST(SubsampleMap, OfShortSlicesUnderCencIsClearAndJoined) {
  EXPECT_EQ(MapOf(Scheme::kCenc, SampleOf({Slice(10), Slice(18), Slice(19)})),
            (Map{{14 + 22 + 7, 16}}));
}

TEST(SubsampleMap, TakesLengthsOfOneAndTwoBytes) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(6, 4), Slice(40)}, 1), 1),
            (Map{{5 + 1 + 3, 37}}));
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Slice(300)}, 2), 2),
            (Map{{2 + 3, 297}}));
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Slice(300)}, 3), 3),
            (Map{{3 + 3, 297}}));
}

TEST(SubsampleMap, SplitsAClearRangeLongerThan16Bits) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(6, 140000), Slice(40)})),
            (Map{{65520, 0}, {65520, 0}, {140004 - 131040 + 7, 37}}));
}

TEST(SubsampleMap, OfASampleWithoutSlicesIsClear) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(6, 10)})), (Map{{14, 0}}));
  EXPECT_EQ(MapOf(Scheme::kCenc, SampleOf({Nal(12, 65520)})),
            (Map{{65520, 0}, {4, 0}}));
}

// An entry without subsamples would mean that all is protected, and Chromium
// refuses a count of 0.
TEST(SubsampleMap, OfAnEmptySampleHasOneEntry) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, {}), (Map{{0, 0}}));
}

TEST(SubsampleMap, PassesOverEmptyUnits) {
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(0, 0), Slice(40), Nal(0, 0)})),
            (Map{{11, 37}, {4, 0}}));
}

TEST(SubsampleMap, LeavesUnitsOfOtherLayersClear) {
  for (uint8_t type : {14, 15, 19, 20, 21}) {
    EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(type, 60)})), (Map{{64, 0}}));
  }
}

TEST(SubsampleMap, ProtectsASliceWhoseHeaderCannotBeRead) {
  Bytes foreign = Slice(60);
  foreign[1] = 0xFF;  // another slice type, another PPS
  foreign[2] = 0x00;
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({foreign})), (Map{{5, 59}}));
  EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(5, 1)})), (Map{{5, 0}}));
}

TEST(SubsampleMap, ProtectsDataPartitions) {
  for (uint8_t type : {2, 3, 4}) {
    EXPECT_EQ(MapOf(Scheme::kCbcs, SampleOf({Nal(type, 60)})), (Map{{5, 59}}));
  }
}

TEST(SubsampleMap, FollowsParameterSetsInTheStream) {
  const Bytes slice = SliceOfTwoReadings();
  const auto mapper = Mapper(Scheme::kCbcs);
  EXPECT_EQ(mapper->Map(SampleOf({slice})).value(), (Map{{7, 57}}));
  const Bytes with_pps = SampleOf({SmallPps(true), slice});
  const auto clear = static_cast<uint16_t>(with_pps.size() - 56);
  EXPECT_EQ(mapper->Map(with_pps).value(), (Map{{clear, 56}}));
  EXPECT_EQ(mapper->Map(SampleOf({slice})).value(), (Map{{8, 56}}));
}

TEST(SubsampleMap, ForgetsThemWhenTheNextFragmentStarts) {
  const Bytes slice = SliceOfTwoReadings();
  const auto mapper = Mapper(Scheme::kCbcs);
  ASSERT_TRUE(mapper->Map(SampleOf({SmallPps(true)})));
  mapper->StartFragment();
  EXPECT_EQ(mapper->Map(SampleOf({slice})).value(), (Map{{7, 57}}));
}

TEST(SubsampleMap, KeepsWhatWasInForceWhereAParameterSetIsDamaged) {
  Bytes damaged = SmallPps(true);
  damaged.resize(2);
  const auto mapper = Mapper(Scheme::kCbcs);
  ASSERT_TRUE(mapper->Map(SampleOf({damaged})));
  EXPECT_EQ(mapper->Map(SampleOf({Slice(60)})).value(), (Map{{7, 57}}));
}

// saiz has 8 bits for an entry's size. Headers stay readable: what does not
// fit is the data of the smallest slices, which goes out in the clear.
TEST(SubsampleMap, LeavesTheSmallestSlicesClearWhereSaizHoldsNoMore) {
  for (const Scheme scheme : {Scheme::kCbcs, Scheme::kCenc}) {
    Bytes sample;
    size_t all_protected = 0;
    for (size_t i = 0; i < 68; ++i) {
      const size_t size = i % 2 == 0 ? 400 : 100;
      if (i % 2 == 0) all_protected += size / 16 * 16 - 16;
      const Bytes slice = SampleOf({Slice(size)});
      sample.insert(sample.end(), slice.begin(), slice.end());
    }
    const Map map = MapOf(scheme, sample);
    ASSERT_LE(map.size(), kMaxSubsamples);
    EXPECT_LE(8 + 2 + 6 * map.size(), 255U);
    size_t sum = 0;
    size_t hidden = 0;
    for (const Subsample& subsample : map) {
      sum += subsample.clear + subsample.encrypted;
      hidden += subsample.encrypted;
      if (scheme == Scheme::kCenc) {
        EXPECT_EQ(subsample.encrypted % 16, 0U);
      }
    }
    EXPECT_EQ(sum, sample.size());
    EXPECT_GE(hidden, all_protected) << "no large slice is clear";
    // Where the first slices that are protected begin.
    EXPECT_LE(map.front().clear, 4 + kSliceHead + 15);
  }
}

TEST(SubsampleMap, ProtectsWhatItCannotCallClear) {
  const Map map = MapOf(Scheme::kCenc, SampleOf({Nal(6, 3'000'000)}));
  ASSERT_EQ(map.size(), kMaxSubsamples);
  size_t sum = 0;
  for (const Subsample& part : map) sum += part.clear + part.encrypted;
  EXPECT_EQ(sum, 3'000'004U);
  EXPECT_EQ(map.back().encrypted % 16, 0U);
}

TEST(SubsampleMap, IsRefusedWhereLengthsLeadOutOfTheSample) {
  Bytes too_long = SampleOf({Slice(40)});
  too_long[3] = 41;
  Bytes huge = SampleOf({Slice(40)});
  huge[0] = 0xFF;
  const Bytes cut_length = {0, 0, 0};
  Bytes trailing = SampleOf({Slice(40)});
  trailing.insert(trailing.end(), 3, 0);
  for (const Bytes& sample : {too_long, huge, cut_length, trailing}) {
    const auto map = Mapper(Scheme::kCbcs)->Map(sample);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().kind, ErrorKind::kBadInput);
    EXPECT_FALSE(map.error().mend.empty());
  }
}

TEST(SubsampleMap, CoversEverySampleWhateverItHolds) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const testing::RandomSlice random = testing::MakeRandomSlice(seed);
    const Bytes sample = SampleOf({random.sps, random.pps, random.slice});
    for (const Scheme scheme : {Scheme::kCbcs, Scheme::kCenc}) {
      const Map map = MapOf(scheme, sample);
      ASSERT_EQ(map.size(), 1U);
      const size_t exact =
          sample.size() - random.slice.size() + random.header_size;
      EXPECT_EQ(map[0].clear + map[0].encrypted, sample.size());
      EXPECT_GE(map[0].clear, exact);
      EXPECT_LT(map[0].clear, exact + (scheme == Scheme::kCenc ? 16 : 1));
    }
  }
}

}  // namespace
}  // namespace usher
