#include "packager/track/hevc_config.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"
#include "packager/track/nal_units.h"

namespace usher {
namespace {

// Main profile, level 2.0, as x265 writes it; with emulation prevention.
constexpr char kVideoSet[] = "40010c01ffff01600000030090000003000003003c959809";
constexpr char kSequenceSet[] =
    "42010101600000030090000003000003003ca00a080c1f3e595952930bc0"
    "5a7080000003008000000c84";
constexpr char kPictureSet[] = "4401c073c189";

Bytes FromText(const std::string& text) {
  return FromHex(text).value_or(Bytes());
}

Bytes AnnexB() {
  return FromText(std::string("00000001") + kVideoSet + "00000001" +
                  kSequenceSet + "00000001" + kPictureSet);
}

TEST(HevcConfig, ARecordIsMadeFromAnnexB) {
  const auto config = HevcConfig::FromAnnexB(AnnexB());
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->complete());
  const std::string record = ToHex(config->record());
  // Profile, compatibility, constraints, level without emulation prevention.
  EXPECT_EQ(record.substr(0, 46),
            "01"
            "01"
            "60000000"
            "900000000000"
            "3c"
            "f000fcfdf8f8"
            "0000"
            "0f03");
  // Three complete arrays of one set each.
  EXPECT_NE(record.find(std::string("a000010018") + kVideoSet),
            std::string::npos);
  EXPECT_NE(record.find(std::string("a10001002a") + kSequenceSet),
            std::string::npos);
  EXPECT_NE(record.find(std::string("a200010006") + kPictureSet),
            std::string::npos);
}

TEST(HevcConfig, NamesProfileCompatibilityTierLevelAndConstraints) {
  EXPECT_EQ(HevcConfig::FromAnnexB(AnnexB())->Codecs(), "hvc1.1.6.L60.90");
}

TEST(HevcConfig, ARecordIsReadBackAsItIs) {
  const auto made = HevcConfig::FromAnnexB(AnnexB());
  ASSERT_TRUE(made);
  const auto read = HevcConfig::FromRecord(made->record());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->record(), made->record());
  EXPECT_EQ(read->FitOf(FromText(kPictureSet)), SetFit::kHeld);
  EXPECT_NE(read->FitOf(FromText("4401c073c18a")), SetFit::kHeld);
}

// hev1: the samples bring the parameter sets.
TEST(HevcConfig, SetsOfTheSamplesCompleteARecordWithoutAny) {
  Bytes bare = HevcConfig::FromAnnexB(AnnexB())->record();
  bare.resize(23);
  bare[22] = 0;
  const auto config = HevcConfig::FromRecord(bare);
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->complete());
  EXPECT_TRUE(config->record().empty());
  const Bytes sets[] = {FromText(kVideoSet), FromText(kSequenceSet),
                        FromText(kPictureSet)};
  const auto completed = config->With({sets[0], sets[1], sets[2]});
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->record(), HevcConfig::FromAnnexB(AnnexB())->record());
}

TEST(HevcConfig, DamagedRecordsAreRefused) {
  const Bytes whole = HevcConfig::FromAnnexB(AnnexB())->record();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(HevcConfig::FromRecord(ByteView(whole).first(size))) << size;
  }
  Bytes lengths = whole;
  lengths[21] = static_cast<uint8_t>((lengths[21] & ~3) | 2);
  EXPECT_FALSE(HevcConfig::FromRecord(lengths));
}

TEST(HevcConfig, ASequenceSetThatIsCutShortIsRefused) {
  const Bytes data =
      FromText(std::string("00000001") + kVideoSet + "0000000142010101600001" +
               "00000001" + kPictureSet);
  EXPECT_FALSE(HevcConfig::FromAnnexB(data));
}

TEST(NalUnits, EmulationPreventionIsTakenOut) {
  EXPECT_EQ(ToHex(Unescaped(FromText("000003000003010000"), 16)),
            "00000000010000");
  EXPECT_EQ(ToHex(Unescaped(FromText("00000300000301"), 3)), "000000");
}

}  // namespace
}  // namespace usher
