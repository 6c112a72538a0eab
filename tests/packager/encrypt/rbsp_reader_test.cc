#include "packager/encrypt/rbsp_reader.h"

#include <gtest/gtest.h>

#include "tests/packager/encrypt/nal_writer.h"

namespace usher {
namespace {

TEST(RbspReader, ReadsFixedLengthsAcrossBytes) {
  const Bytes nal = {0b10110011, 0b01010101, 0xFF, 0x00, 0x12};
  RbspReader reader(nal);
  EXPECT_EQ(reader.Bits(1), 1U);
  EXPECT_EQ(reader.Bits(3), 0b011U);
  EXPECT_EQ(reader.BytesRead(), 1U);
  EXPECT_EQ(reader.Bits(4), 0b0011U);
  EXPECT_EQ(reader.BytesRead(), 1U) << "a byte that is used up, not the next";
  EXPECT_EQ(reader.Bits(32), 0x55FF0012U);
  EXPECT_TRUE(reader.ok());
}

// Table 9-2 and 9-3.
TEST(RbspReader, ReadsExponentialGolombCodes) {
  const std::vector<int64_t> signed_values = {0,   1,    -1,   2,      -2,
                                              127, -128, 1000, -32768, 65535};
  const std::vector<uint64_t> values = {
      0, 1, 2, 3, 7, 8, 65535, 1 << 20, 0x7FFFFFFE, 0xFFFFFFFE};
  testing::NalWriter writer(0, 0);
  for (int64_t value : signed_values) writer.Se(value);
  for (uint64_t value : values) writer.Ue(value);
  const Bytes nal = writer.FinishParameterSet();
  RbspReader reader(nal);
  reader.Bits(8);
  for (int64_t value : signed_values) EXPECT_EQ(reader.Se(), value);
  for (uint64_t value : values) EXPECT_EQ(reader.Ue(), value);
  EXPECT_TRUE(reader.ok());
}

TEST(RbspReader, SkipsEmulationPreventionAndCountsIt) {
  const Bytes nal = {0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 0xAB};
  RbspReader reader(nal);
  EXPECT_EQ(reader.Bits(16), 0U);
  EXPECT_EQ(reader.BytesRead(), 2U);
  EXPECT_EQ(reader.Bits(8), 1U);
  EXPECT_EQ(reader.BytesRead(), 4U);
  EXPECT_EQ(reader.Bits(32), 0U);
  EXPECT_EQ(reader.Bits(8), 0xABU);
  EXPECT_EQ(reader.BytesRead(), nal.size());
  EXPECT_TRUE(reader.ok());
}

TEST(RbspReader, KeepsAThreeThatPreventsNothing) {
  const Bytes nal = {0, 3, 0, 1, 3};
  RbspReader reader(nal);
  EXPECT_EQ(reader.Bits(32), 0x00030001U);
  EXPECT_EQ(reader.Bits(8), 3U);
}

TEST(RbspReader, FailsForGoodBehindTheEnd) {
  for (const Bytes& nal : {Bytes{}, Bytes{0xFF}, Bytes{0, 0, 3}}) {
    RbspReader reader(nal);
    EXPECT_EQ(reader.Bits(24), 0U);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.Ue(), 0U);
    EXPECT_LE(reader.BytesRead(), nal.size());
  }
}

TEST(RbspReader, RefusesACodeOfMoreThan32Bits) {
  Bytes nal = {0xFF, 0, 0, 3, 0, 0, 3, 0x40};  // 33 zero bits
  nal.insert(nal.end(), 8, 0xFF);
  RbspReader reader(nal);
  reader.Bits(8);
  EXPECT_EQ(reader.Ue(), 0U);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace usher
