#include <gtest/gtest.h>

#include "core/base/hex.h"
#include "packager/track/ac3_config.h"
#include "packager/track/flac_config.h"
#include "packager/track/opus_config.h"

namespace usher {
namespace {

Bytes FromText(const std::string& text) {
  return FromHex(text).value_or(Bytes());
}

// 3/2 with LFE at 48 kHz, 448 kbit/s, as FFmpeg's encoder begins a frame.
TEST(Ac3Config, IsReadFromAFrame) {
  Bytes frame = FromText("0b7700001e40e1");
  frame.resize(1792);
  const auto config = Ac3Config::FromSample(frame);
  ASSERT_TRUE(config) << config.error().OneLine();
  EXPECT_FALSE(config->enhanced);
  EXPECT_EQ(config->sample_rate, 48000U);
  EXPECT_EQ(config->channels, 6U);
  EXPECT_EQ(config->locations, 0xF801);
  EXPECT_EQ(ToHex(config->box), "103de0");
}

// An independent 5.1 frame and a dependent one that adds two channels behind.
TEST(Ac3Config, ADependentFrameAddsItsChannels) {
  // strmtyp 0, frmsiz 15 (32 bytes), 48 kHz, 6 blocks, 3/2 + LFE, bsid 16.
  Bytes sample = FromText("0b77000f3f86f800");
  sample.resize(32);
  // strmtyp 1, acmod 2/0, no LFE, bsid 16, chanmap of Lrs/Rrs.
  Bytes dependent = FromText("0b77400f3486fc08000000");
  dependent[6] = 0xf9;  // compre 0, chanmape 1
  dependent.resize(32);
  sample.insert(sample.end(), dependent.begin(), dependent.end());
  const auto config = Ac3Config::FromSample(sample);
  ASSERT_TRUE(config) << config.error().OneLine();
  EXPECT_TRUE(config->enhanced);
  EXPECT_GE(config->channels, 6U);
  EXPECT_EQ(config->box.size(), 6U);
  EXPECT_EQ(config->objects, 0);
}

TEST(Ac3Config, NoCutOfAFrameIsReadPastItsEnd) {
  const Bytes frames[] = {FromText("0b7700001e40e1"),
                          FromText("0b77000f3f86f800")};
  for (const Bytes& frame : frames) {
    for (size_t size = 0; size < frame.size(); ++size) {
      (void)Ac3Config::FromSample(ByteView(frame).first(size));
    }
  }
  EXPECT_FALSE(Ac3Config::FromSample({}));
  EXPECT_FALSE(Ac3Config::FromSample(FromText("ffffffffffffffff")));
}

TEST(OpusConfig, TurnsLittleEndianIntoBigEndian) {
  const auto config =
      OpusConfig::FromHead(FromText("4f70757348656164"
                                    "01"
                                    "02"
                                    "3801"
                                    "80bb0000"
                                    "0000"
                                    "00"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->channels, 2U);
  EXPECT_EQ(config->pre_skip, 312);
  EXPECT_EQ(ToHex(config->box),
            "00020138"
            "0000bb80"
            "0000"
            "00");
}

TEST(OpusConfig, KeepsTheMappingOfSurroundSound) {
  const auto config =
      OpusConfig::FromHead(FromText("4f70757348656164"
                                    "01"
                                    "06"
                                    "3801"
                                    "80bb0000"
                                    "0000"
                                    "01"
                                    "0402000401020305"));
  ASSERT_TRUE(config);
  EXPECT_EQ(ToHex(config->box),
            "00060138"
            "0000bb80"
            "0000"
            "01"
            "0402000401020305");
}

TEST(OpusConfig, DamagedHeadersAreRefused) {
  const Bytes whole = FromText(
      "4f70757348656164"
      "01"
      "06"
      "3801"
      "80bb0000"
      "0000"
      "01"
      "0402000401020305");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(OpusConfig::FromHead(ByteView(whole).first(size))) << size;
  }
}

// RFC 6716 3.1 and 3.2.
TEST(OpusDuration, FollowsTheTableOfContents) {
  EXPECT_EQ(OpusDuration(FromText("00")), 480U);   // SILK, 10 ms
  EXPECT_EQ(OpusDuration(FromText("18")), 2880U);  // SILK, 60 ms
  EXPECT_EQ(OpusDuration(FromText("60")), 480U);   // hybrid, 10 ms
  EXPECT_EQ(OpusDuration(FromText("fc")), 960U);   // CELT, 20 ms
  EXPECT_EQ(OpusDuration(FromText("fd")), 1920U);  // two of them
  EXPECT_EQ(OpusDuration(FromText("ff03")), 2880U);
  EXPECT_EQ(OpusDuration(FromText("ff00")), 0U);
  EXPECT_EQ(OpusDuration(FromText("ff3f")), 0U);  // longer than 120 ms
  EXPECT_EQ(OpusDuration(FromText("ff")), 0U);
  EXPECT_EQ(OpusDuration({}), 0U);
}

TEST(FlacConfig, IsStreamInfoBehindABlockHeader) {
  const std::string info =
      "1200120000062b0011a00bb802f000000000"
      "00000000000000000000000000000000";
  const auto config = FlacConfig::FromStreamInfo(FromText(info));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->sample_rate, 48000U);
  EXPECT_EQ(config->channels, 2U);
  EXPECT_EQ(config->block_size, 4608U);
  EXPECT_EQ(ToHex(config->box),
            "00000000"
            "80000022" +
                info);
  EXPECT_FALSE(FlacConfig::FromStreamInfo(FromText(info.substr(2))));
}

}  // namespace
}  // namespace usher
