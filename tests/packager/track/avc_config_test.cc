#include "packager/track/avc_config.h"

#include <gtest/gtest.h>

#include <tuple>

#include "core/base/hex.h"

namespace usher {
namespace {

// High profile, level 3.1, 4:2:0, 8 bits, as x264 writes it.
constexpr char kSequenceSet[] = "6764001facd9405005bb011000003e9000";
constexpr char kPictureSet[] = "68ebe3cb22c0";
constexpr char kBaselineSet[] = "6742c01ed9";

Bytes FromHexText(const std::string& text) {
  return FromHex(text).value_or(Bytes());
}

Bytes AnnexB(const std::string& sequence_set) {
  return FromHexText("00000001" + sequence_set + "000001" + kPictureSet);
}

TEST(AvcConfig, ARecordOfAHighProfileIsMadeFromAnnexB) {
  const auto config = AvcConfig::FromAnnexB(AnnexB("6764001facd94050"));
  ASSERT_TRUE(config);
  EXPECT_EQ(ToHex(config->record()),
            "0164001fffe100086764001facd94050"
            "01000668ebe3cb22c0fdf8f800");
  EXPECT_EQ(config->Codecs(), "avc1.64001f");
  EXPECT_EQ(config->length_size(), 4);
}

TEST(AvcConfig, ARecordOfBaselineHasNoChromaFields) {
  const auto config = AvcConfig::FromAnnexB(AnnexB(kBaselineSet));
  ASSERT_TRUE(config);
  EXPECT_EQ(ToHex(config->record()),
            "0142c01effe100056742c01ed901000668ebe3cb22c0");
}

TEST(AvcConfig, ARecordIsReadBackAsItIs) {
  const auto made = AvcConfig::FromAnnexB(AnnexB(kSequenceSet));
  ASSERT_TRUE(made);
  const auto read = AvcConfig::FromRecord(made->record());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->record(), made->record());
  EXPECT_EQ(read->FitOf(FromHexText(kPictureSet)), SetFit::kHeld);
  EXPECT_NE(read->FitOf(FromHexText("68ebe3cb22c1")), SetFit::kHeld);
}

TEST(AvcConfig, TheSameSetTwiceIsKeptOnce) {
  Bytes twice = AnnexB(kBaselineSet);
  const Bytes again = twice;
  twice.insert(twice.end(), again.begin(), again.end());
  EXPECT_EQ(AvcConfig::FromAnnexB(twice)->record(),
            AvcConfig::FromAnnexB(again)->record());
}

TEST(AvcConfig, DamagedRecordsAreRefused) {
  for (const char* text : {
           "", "01",
           "0264001fffe10000",                  // version 2
           "0164001ffee100",                    // lengths of 3 bytes
           "0164001fffe1ffff67",                // set past the end
           "0164001fffe0",                      // cut behind the sets
           "0164001fffe000",                    // no sets at all
           "0164001fffe100000100046864001f",    // empty set
           "0164001fffe10001670100046864001f",  // set of one byte
       }) {
    EXPECT_FALSE(AvcConfig::FromRecord(FromHexText(text))) << text;
  }
}

TEST(AvcConfig, AnnexBWithoutBothSetsIsRefused) {
  EXPECT_FALSE(AvcConfig::FromAnnexB({}));
  EXPECT_FALSE(AvcConfig::FromAnnexB(FromHexText("000001674d")));
  EXPECT_FALSE(AvcConfig::FromAnnexB(FromHexText("0000016742c01ed9")));
}

// Every cut of a good record is refused or read, and nothing is read past it.
TEST(AvcConfig, NoCutOfARecordIsReadPastItsEnd) {
  const auto config = AvcConfig::FromAnnexB(AnnexB(kSequenceSet));
  ASSERT_TRUE(config);
  const Bytes& record = config->record();
  for (size_t size = 0; size < record.size(); ++size) {
    const Bytes cut(record.begin(), record.begin() + static_cast<long>(size));
    std::ignore = AvcConfig::FromRecord(cut);
  }
}

}  // namespace
}  // namespace usher
