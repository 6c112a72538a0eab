#include "packager/track/nal_units.h"

#include <gtest/gtest.h>

#include <vector>

namespace usher {
namespace {

std::vector<Bytes> All(NalUnits units) {
  std::vector<Bytes> found;
  while (const auto unit = units.Next()) {
    found.emplace_back(unit->begin(), unit->end());
  }
  return found;
}

using Units = std::vector<Bytes>;

TEST(NalUnits, AnnexBIsSplitAtStartCodesOfThreeAndFourBytes) {
  const Bytes data = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3};
  EXPECT_EQ(All(NalUnits::AnnexB(data)), (Units{{0x67, 1, 2}, {0x68, 3}}));
}

TEST(NalUnits, AnnexBPaddingBelongsToNoUnit) {
  const Bytes data = {0, 0, 1, 0x65, 9, 0, 0, 0, 0, 0, 1, 0x41, 7, 0, 0};
  EXPECT_EQ(All(NalUnits::AnnexB(data)), (Units{{0x65, 9}, {0x41, 7}}));
}

TEST(NalUnits, AnnexBWithoutStartCodeHoldsNothing) {
  EXPECT_TRUE(All(NalUnits::AnnexB(Bytes{1, 2, 3, 4})).empty());
  EXPECT_TRUE(All(NalUnits::AnnexB(Bytes{})).empty());
  EXPECT_TRUE(All(NalUnits::AnnexB(Bytes{0, 0, 1, 0, 0, 1})).empty());
}

TEST(NalUnits, LengthsOfOneTwoAndFourBytesAreRead) {
  EXPECT_EQ(All(NalUnits::LengthPrefixed(Bytes{2, 0x65, 1, 1, 0x41}, 1)),
            (Units{{0x65, 1}, {0x41}}));
  EXPECT_EQ(All(NalUnits::LengthPrefixed(Bytes{0, 2, 0x65, 1}, 2)),
            (Units{{0x65, 1}}));
  EXPECT_EQ(All(NalUnits::LengthPrefixed(Bytes{0, 0, 0, 1, 0x65}, 4)),
            (Units{{0x65}}));
}

TEST(NalUnits, EmptyUnitsArePassedOver) {
  EXPECT_EQ(All(NalUnits::LengthPrefixed(Bytes{0, 0, 1, 0x65, 0}, 1)),
            (Units{{0x65}}));
}

TEST(NalUnits, ALengthPastTheEndIsDamage) {
  for (const Bytes& data :
       {Bytes{0, 0, 0, 3, 0x65, 1}, Bytes{0xff, 0xff, 0xff, 0xff, 0x65},
        Bytes{0, 0, 0, 1, 0x65, 0, 0}}) {
    NalUnits units = NalUnits::LengthPrefixed(data, 4);
    while (units.Next()) {
    }
    EXPECT_TRUE(units.damaged());
  }
}

}  // namespace
}  // namespace usher
