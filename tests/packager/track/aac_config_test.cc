#include "packager/track/aac_config.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"

namespace usher {
namespace {

struct Case {
  const char* config;
  const char* codecs;
  uint32_t sample_rate;
  uint32_t frame_size;
  unsigned channels;
};

class AacConfigs : public ::testing::TestWithParam<Case> {};

TEST_P(AacConfigs, AreReadFromTheirBytes) {
  const Case& expected = GetParam();
  const auto config = AacConfig::Parse(*FromHex(expected.config));
  ASSERT_TRUE(config) << config.error().OneLine();
  EXPECT_EQ(config->Codecs(), expected.codecs);
  EXPECT_EQ(config->sample_rate, expected.sample_rate);
  EXPECT_EQ(config->FrameSize(), expected.frame_size);
  EXPECT_EQ(config->channel_configuration, expected.channels);
}

INSTANTIATE_TEST_SUITE_P(
    , AacConfigs,
    ::testing::Values(Case{"1190", "mp4a.40.2", 48000, 1024, 2},
                      Case{"1210", "mp4a.40.2", 44100, 1024, 2},
                      Case{"11b0", "mp4a.40.2", 48000, 1024, 6},
                      // 960 samples a frame, as in broadcast
                      Case{"1194", "mp4a.40.2", 48000, 960, 2},
                      // a rate outside the table: 47999 Hz
                      Case{"17805dbf90", "mp4a.40.2", 47999, 1024, 2},
                      // HE-AAC, explicit hierarchical: 24 kHz core
                      Case{"2b118800", "mp4a.40.5", 48000, 2048, 2},
                      // HE-AAC v2, explicit hierarchical: mono core
                      Case{"eb098800", "mp4a.40.29", 48000, 2048, 1},
                      // HE-AAC, backward compatible
                      Case{"131056e598", "mp4a.40.5", 48000, 2048, 2},
                      // HE-AAC v2, backward compatible
                      Case{"130856e59d4880", "mp4a.40.29", 48000, 2048, 1}));

TEST(AacConfig, WhatIsNoAacIsRefused) {
  for (const char* text : {
           "",          // nothing
           "11",        // cut short
           "1790",      // escaped rate, cut short
           "1690",      // reserved rate
           "f8800000",  // object type 34: MP3
           "0000",      // object type 0
       }) {
    EXPECT_FALSE(AacConfig::Parse(*FromHex(text))) << text;
  }
}

TEST(AacConfig, AnExtensionSlowerThanTheCoreIsRefused) {
  EXPECT_FALSE(AacConfig::Parse(*FromHex("2996c800")));
}

}  // namespace
}  // namespace usher
