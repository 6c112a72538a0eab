#include "packager/encrypt/iv.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/base/hex.h"

namespace usher {
namespace {

const Bytes kSalt = *FromHex("000102030405060708090a0b0c0d0e0f");
const Bytes kOtherSalt = *FromHex("100102030405060708090a0b0c0d0e0f");

TEST(Iv, IsTheSameForTheSamePosition) {
  const IvSource one(kSalt, "v720");
  const IvSource two(kSalt, "v720");
  EXPECT_EQ(one.SegmentIv(7), two.SegmentIv(7));
  EXPECT_EQ(one.ConstantIv(), two.ConstantIv());
  EXPECT_EQ(one.SampleIv(7, 3).value(), two.SampleIv(7, 3).value());
}

// Independently: printf 'aes-128 segment\0v720\0\0\0\0\0\0\0\0\1' |
//   openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...0f
TEST(Iv, IsTheHmacThatTheHeaderDescribes) {
  const IvSource source(kSalt, "v720");
  EXPECT_EQ(ToHex(source.SegmentIv(1)), "165746134f3de229697b53a42590f152");
  EXPECT_EQ(ToHex(source.ConstantIv()), "85e050a8b5e973f2b6c1c63bad012fea");
}

TEST(Iv, DiffersByTrackSegmentAndSalt) {
  std::set<crypto::AesBlock> seen;
  for (const Bytes& salt : {kSalt, kOtherSalt}) {
    for (const char* track : {"v720", "v1080", "a-eng"}) {
      const IvSource source(salt, track);
      for (uint64_t segment = 1; segment <= 100; ++segment) {
        EXPECT_TRUE(seen.insert(source.SegmentIv(segment)).second);
      }
      EXPECT_TRUE(seen.insert(source.ConstantIv()).second);
    }
  }
}

TEST(SampleIv, NeverRepeatsUnderOneKey) {
  std::vector<std::string> tracks;
  for (int i = 0; i < 20; ++i) tracks.push_back("v" + std::to_string(i));
  ASSERT_TRUE(CheckTrackTags(kSalt, tracks));
  std::set<std::array<uint8_t, 8>> seen;
  for (const std::string& track : tracks) {
    const IvSource source(kSalt, track);
    for (uint64_t segment : {0, 1, 2, 3, 255, 256, 65536, (1 << 24) - 1}) {
      for (uint64_t sample = 0; sample < 200; ++sample) {
        EXPECT_TRUE(seen.insert(*source.SampleIv(segment, sample)).second);
      }
      EXPECT_TRUE(seen.insert(*source.SampleIv(segment, (1 << 20) - 1)).second);
    }
  }
}

// Injective, not merely unlikely to collide: the position can be read back.
TEST(SampleIv, HoldsThePositionUnderAMask) {
  const IvSource source(kSalt, "v720");
  const auto number = [&](uint64_t segment, uint64_t sample) {
    uint64_t value = 0;
    const auto iv = source.SampleIv(segment, sample);
    for (const uint8_t byte : *iv) {
      value = value << 8 | byte;
    }
    return value;
  };
  const uint64_t origin = number(0, 0);
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const uint64_t segment = random() & 0xFFFFFF;
    const uint64_t sample = random() & 0xFFFFF;
    EXPECT_EQ(number(segment, sample) ^ origin, segment << 20 | sample);
  }
}

TEST(SampleIv, IsRefusedBeyondItsRangeInsteadOfWrapping) {
  const IvSource source(kSalt, "v720");
  EXPECT_TRUE(source.SampleIv((1 << 24) - 1, (1 << 20) - 1));
  EXPECT_FALSE(source.SampleIv(1 << 24, 0));
  EXPECT_FALSE(source.SampleIv(0, 1 << 20));
  const auto iv = source.SampleIv(UINT64_MAX, UINT64_MAX);
  ASSERT_FALSE(iv);
  EXPECT_EQ(iv.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(iv.error().where.find("v720"), std::string::npos);
}

TEST(TrackTags, AreCheckedBeforeAKeyIsUsed) {
  // Enough names that some pair of 20-bit tags is equal.
  std::vector<std::string> many;
  for (int i = 0; i < 20000; ++i) many.push_back("t" + std::to_string(i));
  const Status collision = CheckTrackTags(kSalt, many);
  ASSERT_FALSE(collision);
  EXPECT_EQ(collision.error().kind, ErrorKind::kBadInput);
  EXPECT_NE(collision.error().what.find("would share IVs"), std::string::npos);
}

TEST(TrackTags, OfOneTrackNamedTwiceDoNotCount) {
  const std::vector<std::string> names = {"v720", "a-eng", "v720"};
  EXPECT_TRUE(CheckTrackTags(kSalt, names));
  EXPECT_TRUE(CheckTrackTags(kSalt, {}));
}

}  // namespace
}  // namespace usher
