#include "packager/mp4/sample_table.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/byte_writer.h"
#include "packager/mp4/box.h"

namespace usher::mp4 {
namespace {

using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

// A track of six samples in two chunks, to be changed by each test.
struct TrackBox {
  uint32_t references = 1;
  uint32_t reference_flags = 1;  // in this file
  uint32_t entries = 1;
  const char* entry = "avc1";
  Pairs durations = {{4, 10}, {2, 20}};
  std::optional<Pairs> offsets = Pairs{{1, 0}, {1, 30}, {4, 5}};
  uint8_t size_bits = 32;  // 0: all are `common_size`; less: stz2
  uint32_t common_size = 0;
  std::vector<uint32_t> sizes = {100, 1, 2, 3, 4, 5};
  std::optional<uint32_t> size_count;  // else as many as there are
  std::vector<std::array<uint32_t, 3>> chunk_runs = {{1, 4, 1}, {2, 2, 1}};
  bool long_offsets = false;
  std::vector<uint64_t> chunks = {1000, 5000};
  std::optional<std::vector<uint32_t>> sync = std::vector<uint32_t>{1, 5};
  const char* extra = nullptr;    // one more box in stbl
  const char* grouping = "roll";  // its first field, where it is sbgp

  // The contents of trak.
  Bytes Write() const;

 private:
  void WriteMedia(ByteWriter& out) const;
  void WriteTable(ByteWriter& out) const;
  void WriteSizes(ByteWriter& out) const;
  void WriteChunks(ByteWriter& out) const;
};

void WritePairs(ByteWriter& out, const Pairs& pairs) {
  out.U32(static_cast<uint32_t>(pairs.size()));
  for (const auto& [count, value] : pairs) {
    out.U32(count);
    out.U32(value);
  }
}

Bytes TrackBox::Write() const {
  Bytes bytes;
  ByteWriter out(bytes);
  {
    Box tkhd(out, "tkhd", 0, 3);
    out.U32(0);
    out.U32(0);
    out.U32(7);
  }
  Box mdia(out, "mdia");
  Box minf(out, "minf");
  WriteMedia(out);
  return bytes;
}

void TrackBox::WriteMedia(ByteWriter& out) const {
  {
    Box dinf(out, "dinf");
    Box dref(out, "dref", 0, 0);
    out.U32(references);
    Box url(out, "url ", 0, reference_flags);
  }
  Box stbl(out, "stbl");
  WriteTable(out);
}

void TrackBox::WriteTable(ByteWriter& out) const {
  {
    Box stsd(out, "stsd", 0, 0);
    out.U32(entries);
    out.U32(8);
    out.Text({entry, 4});
  }
  {
    Box stts(out, "stts", 0, 0);
    WritePairs(out, durations);
  }
  if (offsets) {
    Box ctts(out, "ctts", 0, 0);
    WritePairs(out, *offsets);
  }
  WriteSizes(out);
  WriteChunks(out);
  if (sync) {
    Box stss(out, "stss", 0, 0);
    out.U32(static_cast<uint32_t>(sync->size()));
    for (const uint32_t number : *sync) out.U32(number);
  }
  if (extra == nullptr) return;
  out.U32(16);
  out.Text({extra, 4});
  out.U32(0);
  out.Text({grouping, 4});
}

void TrackBox::WriteSizes(ByteWriter& out) const {
  const uint32_t count =
      size_count.value_or(static_cast<uint32_t>(sizes.size()));
  if (size_bits == 32 || size_bits == 0) {
    Box stsz(out, "stsz", 0, 0);
    out.U32(common_size);
    out.U32(count);
    if (size_bits == 0) return;
    for (const uint32_t size : sizes) out.U32(size);
    return;
  }
  Box stz2(out, "stz2", 0, 0);
  out.U32(size_bits);
  out.U32(count);
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (size_bits == 16) out.U16(static_cast<uint16_t>(sizes[i]));
    if (size_bits == 8) out.U8(static_cast<uint8_t>(sizes[i]));
    if (size_bits == 4 && i % 2 == 0) {
      out.U8(static_cast<uint8_t>(sizes[i] << 4 | sizes[i + 1]));
    }
  }
}

void TrackBox::WriteChunks(ByteWriter& out) const {
  {
    Box stsc(out, "stsc", 0, 0);
    out.U32(static_cast<uint32_t>(chunk_runs.size()));
    for (const auto& run : chunk_runs) {
      for (const uint32_t field : run) out.U32(field);
    }
  }
  out.U32(static_cast<uint32_t>(16 + chunks.size() * (long_offsets ? 8 : 4)));
  out.Text(long_offsets ? "co64" : "stco");
  out.U32(0);
  out.U32(static_cast<uint32_t>(chunks.size()));
  for (const uint64_t offset : chunks) {
    if (long_offsets) {
      out.U64(offset);
    } else {
      out.U32(static_cast<uint32_t>(offset));
    }
  }
}

constexpr uint64_t kFileSize = 1 << 20;
constexpr uint32_t kMany = std::numeric_limits<uint32_t>::max();

template <typename Column>
std::vector<int64_t> All(const TrackBox& track, Column column) {
  const Bytes bytes = track.Write();
  const auto table = SampleTable::Read(bytes, kFileSize);
  std::vector<int64_t> values;
  if (!table) return values;
  for (auto sample = table->begin(); !sample.at_end(); sample.Next()) {
    values.push_back(static_cast<int64_t>(std::invoke(column, *sample)));
  }
  return values;
}

using Values = std::vector<int64_t>;

TEST(SampleTable, TellsWhereAndWhenEverySampleIs) {
  const TrackBox track;
  EXPECT_EQ(All(track, &TableSample::offset),
            (Values{1000, 1100, 1101, 1103, 5000, 5004}));
  EXPECT_EQ(All(track, &TableSample::size), (Values{100, 1, 2, 3, 4, 5}));
  EXPECT_EQ(All(track, &TableSample::decode_time),
            (Values{0, 10, 20, 30, 40, 60}));
  EXPECT_EQ(All(track, &TableSample::time), (Values{0, 40, 25, 35, 45, 65}));
  EXPECT_EQ(All(track, &TableSample::duration),
            (Values{10, 10, 10, 10, 20, 20}));
  EXPECT_EQ(All(track, &TableSample::sync), (Values{1, 0, 0, 0, 1, 0}));
}

TEST(SampleTable, KnowsItsTrack) {
  const Bytes bytes = TrackBox().Write();
  const auto table = SampleTable::Read(bytes, kFileSize);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->track_id(), 7u);
  EXPECT_EQ(table->size(), 6u);
}

TEST(SampleTable, ACursorsCopyMarksAPlace) {
  const Bytes bytes = TrackBox().Write();
  const auto table = SampleTable::Read(bytes, kFileSize);
  ASSERT_TRUE(table);
  auto sample = table->begin();
  for (int i = 0; i < 3; ++i) sample.Next();
  auto copy = sample;
  sample.Next();
  copy.Next();
  EXPECT_EQ(copy->offset, 5000u);
  EXPECT_EQ(copy->decode_time, 40);
  EXPECT_EQ(copy.index(), 4u);
}

TEST(SampleTable, WithoutOffsetsPresentsInDecodeOrder) {
  TrackBox track;
  track.offsets.reset();
  EXPECT_EQ(All(track, &TableSample::time), (Values{0, 10, 20, 30, 40, 60}));
}

TEST(SampleTable, TakesOffsetsAsSigned) {
  TrackBox track;
  track.offsets = Pairs{{6, 0xffff'fff6}};
  EXPECT_EQ(All(track, &TableSample::composition_offset), Values(6, -10));
}

TEST(SampleTable, WithoutSyncSamplesAllAre) {
  TrackBox track;
  track.sync.reset();
  EXPECT_EQ(All(track, &TableSample::sync), Values(6, 1));
}

TEST(SampleTable, ReadsEverySizeOfSizes) {
  for (const uint8_t bits : {4, 8, 16, 32}) {
    SCOPED_TRACE(bits);
    TrackBox track;
    track.size_bits = bits;
    track.sizes = {15, 1, 2, 3, 4, 5};
    EXPECT_EQ(All(track, &TableSample::size), (Values{15, 1, 2, 3, 4, 5}));
  }
  TrackBox track;
  track.size_bits = 0;
  track.common_size = 33;
  EXPECT_EQ(All(track, &TableSample::size), Values(6, 33));
}

TEST(SampleTable, ReadsLongOffsets) {
  TrackBox track;
  track.long_offsets = true;
  track.chunks = {0x1'0000'0000, 0x2'0000'0000};
  EXPECT_EQ(All(track, &TableSample::offset).back(), 0x2'0000'0004);
}

TEST(SampleTable, SkipsEmptyRuns) {
  TrackBox track;
  track.durations = {{0, 99}, {4, 10}, {0, 98}, {2, 20}};
  EXPECT_EQ(All(track, &TableSample::decode_time),
            (Values{0, 10, 20, 30, 40, 60}));
}

struct Refusal {
  const char* why;
  std::function<void(TrackBox&)> change;
};

TEST(SampleTable, LeavesEverythingElseToOthers) {
  const Refusal refusals[] = {
      {"media elsewhere", [](TrackBox& t) { t.reference_flags = 0; }},
      {"two places", [](TrackBox& t) { t.references = 2; }},
      {"two sample entries", [](TrackBox& t) { t.entries = 2; }},
      {"encrypted pictures", [](TrackBox& t) { t.entry = "encv"; }},
      {"encrypted sound", [](TrackBox& t) { t.entry = "enca"; }},
      {"too few durations", [](TrackBox& t) { t.durations = {{5, 1}}; }},
      {"too many durations", [](TrackBox& t) { t.durations = {{7, 1}}; }},
      {"durations without end",
       [](TrackBox& t) { t.durations = {{kMany, 1}, {kMany, 1}, {8, 1}}; }},
      {"too few offsets", [](TrackBox& t) { t.offsets = Pairs{{5, 1}}; }},
      {"no offset", [](TrackBox& t) { t.offsets = Pairs{}; }},
      {"more sizes than there are", [](TrackBox& t) { t.size_count = 7; }},
      {"absurdly many sizes", [](TrackBox& t) { t.size_count = kMany; }},
      {"odd bits", [](TrackBox& t) { t.size_bits = 12; }},
      {"more samples than bytes",
       [](TrackBox& t) {
         t.size_bits = 0;
         t.common_size = 1;
         t.size_count = 1 << 21;
         t.durations = {{1 << 21, 1}};
         t.offsets.reset();
         t.chunk_runs = {{1, 1 << 20, 1}};
       }},
      {"a missing chunk", [](TrackBox& t) { t.chunks.pop_back(); }},
      {"a chunk too many", [](TrackBox& t) { t.chunks.push_back(9000); }},
      {"no chunk", [](TrackBox& t) { t.chunks.clear(); }},
      {"chunks from the second on",
       [](TrackBox& t) { t.chunk_runs = {{2, 6, 1}}; }},
      {"runs of chunks that go back",
       [](TrackBox& t) { t.chunk_runs = {{1, 4, 1}, {1, 2, 1}}; }},
      {"an empty chunk",
       [](TrackBox& t) { t.chunk_runs = {{1, 6, 1}, {2, 0, 1}}; }},
      {"another sample entry",
       [](TrackBox& t) { t.chunk_runs = {{1, 4, 1}, {2, 2, 2}}; }},
      {"no run of chunks", [](TrackBox& t) { t.chunk_runs.clear(); }},
      {"sync samples that go back",
       [](TrackBox& t) { t.sync = std::vector<uint32_t>{5, 1}; }},
      {"a sync sample behind the end",
       [](TrackBox& t) { t.sync = std::vector<uint32_t>{1, 7}; }},
      {"no sync sample", [](TrackBox& t) { t.sync = std::vector<uint32_t>{}; }},
      {"partial sync samples", [](TrackBox& t) { t.extra = "stps"; }},
      {"random access points",
       [](TrackBox& t) {
         t.extra = "sbgp";
         t.grouping = "rap ";
       }},
  };
  for (const Refusal& refusal : refusals) {
    TrackBox track;
    refusal.change(track);
    EXPECT_FALSE(SampleTable::Read(track.Write(), kFileSize)) << refusal.why;
  }
  TrackBox rolling;
  rolling.extra = "sbgp";
  EXPECT_TRUE(SampleTable::Read(rolling.Write(), kFileSize));
}

TEST(SampleTable, ATruncatedTrackIsRefusedWhereverItEnds) {
  const Bytes whole = TrackBox().Write();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(SampleTable::Read(ByteView(whole).first(size), kFileSize));
  }
}

}  // namespace
}  // namespace usher::mp4
