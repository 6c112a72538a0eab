#include "packager/encrypt/sample_cipher.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"

namespace usher {
namespace {

// NIST SP 800-38A, F.2.1: CBC-AES128.
const Bytes kKey = *FromHex("2b7e151628aed2a6abf7158809cf4f3c");
const Bytes kPlain = *FromHex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
const Bytes kCbc = *FromHex(
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");

constexpr size_t kBlock = 16;

TrackProtection Cbcs(uint8_t crypt, uint8_t skip) {
  TrackProtection protection{.scheme = Scheme::kCbcs,
                             .default_kid = {},
                             .crypt_byte_block = crypt,
                             .skip_byte_block = skip};
  for (uint8_t i = 0; i < kBlock; ++i) protection.constant_iv[i] = i;
  return protection;
}

// `blocks` of 16 bytes, every `stride`th block of them, zeros between.
Bytes Spread(const Bytes& blocks, size_t stride) {
  Bytes spread;
  for (size_t at = 0; at < blocks.size(); at += kBlock) {
    const auto from = blocks.begin() + static_cast<long>(at);
    spread.resize(at * stride);
    spread.insert(spread.end(), from, from + kBlock);
  }
  return spread;
}

Bytes Joined(std::initializer_list<Bytes> parts) {
  Bytes joined;
  for (const Bytes& part : parts) {
    joined.insert(joined.end(), part.begin(), part.end());
  }
  return joined;
}

Bytes Encrypted(SampleCipher& cipher, Bytes sample,
                std::vector<Subsample> subsamples = {}) {
  SampleProtection protection{.iv = {}, .subsamples = std::move(subsamples)};
  EXPECT_TRUE(cipher.Encrypt({}, sample, protection));
  return sample;
}

TEST(CbcsCipher, EncryptsOneBlockInTenAsOneChain) {
  const auto cipher = MakeCbcsCipher(kKey, Cbcs(1, 9));
  EXPECT_EQ(ToHex(Encrypted(*cipher, Spread(kPlain, 10))),
            ToHex(Spread(kCbc, 10)));
}

TEST(CbcsCipher, EncryptsEveryBlockWithoutAPattern) {
  const auto cipher = MakeCbcsCipher(kKey, Cbcs(0, 0));
  EXPECT_EQ(ToHex(Encrypted(*cipher, kPlain)), ToHex(kCbc));
}

TEST(CbcsCipher, LeavesAPartialBlockAtTheEndClear) {
  const Bytes tail(15, 0x77);
  for (const uint8_t skip : {0, 9}) {
    const auto cipher = MakeCbcsCipher(kKey, Cbcs(skip == 0 ? 0 : 1, skip));
    const size_t stride = skip == 0 ? 1 : 10;
    EXPECT_EQ(Encrypted(*cipher, tail), tail);
    const Bytes sample = Joined({Spread(kPlain, stride), Bytes(skip * kBlock)});
    const Bytes expected = Joined({Spread(kCbc, stride), Bytes(skip * kBlock)});
    EXPECT_EQ(Encrypted(*cipher, Joined({sample, tail})),
              Joined({expected, tail}));
  }
}

TEST(CbcsCipher, StartsAChainInEachSubsampleAndKeepsClearBytes) {
  const auto cipher = MakeCbcsCipher(kKey, Cbcs(1, 9));
  const Bytes plain = Spread(kPlain, 10);
  const Bytes crypt = Spread(kCbc, 10);
  const auto size = static_cast<uint32_t>(plain.size());
  const Bytes clear(5, 0x11);
  const Bytes tail(7, 0x22);
  EXPECT_EQ(
      Encrypted(*cipher, Joined({clear, plain, clear, plain, tail, clear}),
                {{5, size}, {5, size + 7}, {5, 0}}),
      Joined({clear, crypt, clear, crypt, tail, clear}));
}

TEST(CbcsCipher, HasNoIvInTheSample) {
  const auto cipher = MakeCbcsCipher(kKey, Cbcs(1, 9));
  SampleProtection protection;
  Bytes sample(100);
  ASSERT_TRUE(cipher->Encrypt({1, 2}, sample, protection));
  EXPECT_EQ(protection.iv, (std::array<uint8_t, 8>{}));
}

class CencCipherTest : public ::testing::Test {
 protected:
  IvSource Ivs() const { return IvSource(salt_, "v720"); }
  // The key stream of sample 3 in segment 2, from single-block operations.
  Bytes KeyStream(size_t size) const {
    crypto::AesBlock counter{};
    std::ranges::copy(*Ivs().SampleIv(2, 3), counter.begin());
    Bytes stream;
    while (stream.size() < size) {
      crypto::AesBlock block = counter;
      crypto::AesCbcEncryptor(kKey).EncryptBlocks({}, block);
      stream.insert(stream.end(), block.begin(), block.end());
      ++counter.back();
    }
    stream.resize(size);
    return stream;
  }
  Bytes Encrypt(Bytes sample, SampleProtection& protection) const {
    const auto cipher = MakeCencCipher(kKey, Ivs());
    EXPECT_TRUE(cipher->Encrypt({2, 3}, sample, protection));
    return sample;
  }

  const Bytes salt_ = Bytes(16, 0x33);
};

TEST_F(CencCipherTest, AppliesACounterThatStartsAtTheSamplesIv) {
  SampleProtection protection;
  EXPECT_EQ(Encrypt(Bytes(1000), protection), KeyStream(1000));
  EXPECT_EQ(protection.iv, Ivs().SampleIv(2, 3).value());
}

TEST_F(CencCipherTest, GoesOnFromSubsampleToSubsample) {
  SampleProtection protection{.iv = {},
                              .subsamples = {{4, 32}, {9, 16}, {3, 0}}};
  const Bytes stream = KeyStream(48);
  const Bytes first(stream.begin(), stream.begin() + 32);
  const Bytes second(stream.begin() + 32, stream.end());
  EXPECT_EQ(Encrypt(Bytes(64), protection),
            Joined({Bytes(4), first, Bytes(9), second, Bytes(3)}));
}

TEST_F(CencCipherTest, RefusesAPositionWithoutAnIv) {
  const auto cipher = MakeCencCipher(kKey, Ivs());
  SampleProtection protection;
  Bytes sample(16);
  EXPECT_FALSE(cipher->Encrypt({1 << 24, 0}, sample, protection));
  EXPECT_EQ(sample, Bytes(16));
}

}  // namespace
}  // namespace usher
