#include "core/crypto/aes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/crypto/hex_bytes.h"

namespace usher::crypto {
namespace {

using ::usher::testing::Hex;

AesBlock Block(std::string_view hex) {
  AesBlock block;
  std::ranges::copy(Hex(hex), block.begin());
  return block;
}

// NIST SP 800-38A appendix F: one key, four blocks.
const Bytes kKey = Hex("2b7e151628aed2a6abf7158809cf4f3c");
const Bytes kPlain =
    Hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
const AesBlock kIv = Block("000102030405060708090a0b0c0d0e0f");

TEST(AesCbc, MatchesSp800_38a) {
  AesCbcEncryptor cipher(kKey);
  Bytes data = kPlain;
  cipher.EncryptBlocks(kIv, data);
  EXPECT_EQ(ToHex(data),
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
            "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7");
}

TEST(AesCbc, StartsAChainOfItsOwnAtEachCall) {
  AesCbcEncryptor cipher(kKey);
  Bytes first = kPlain;
  Bytes second = kPlain;
  cipher.EncryptBlocks(kIv, first);
  cipher.EncryptBlocks(kIv, second);
  EXPECT_EQ(first, second);
  cipher.EncryptBlocks(kIv, {});  // nothing to do is no error
}

TEST(AesCbc, PadsSoThatEveryLengthComesBack) {
  AesCbcEncryptor cipher(kKey);
  for (size_t size = 0; size <= 48; ++size) {
    const Bytes plain(size, 0x42);
    Bytes data = plain;
    cipher.EncryptPadded(kIv, data);
    EXPECT_EQ(data.size(), size / 16 * 16 + 16);
    EXPECT_EQ(DecryptAes128CbcPadded(kKey, kIv, data), plain);
  }
}

TEST(AesCbc, RefusesBadPaddingAndOddLengths) {
  AesCbcEncryptor cipher(kKey);
  Bytes unpadded(16, 0);  // its last byte claims no padding
  cipher.EncryptBlocks(kIv, unpadded);
  EXPECT_FALSE(DecryptAes128CbcPadded(kKey, kIv, unpadded));
  EXPECT_FALSE(DecryptAes128CbcPadded(kKey, kIv, Bytes(17, 0)));
  EXPECT_FALSE(DecryptAes128CbcPadded(kKey, kIv, {}));
}

TEST(AesCtr, MatchesSp800_38a) {
  AesCtr cipher(kKey);
  Bytes data = kPlain;
  cipher.Start(Block("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
  cipher.Apply(data);
  EXPECT_EQ(ToHex(data),
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
            "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee");
}

TEST(AesCtr, GoesOnMidBlockAsSubsamplesNeed) {
  AesCtr cipher(kKey);
  Bytes whole = kPlain;
  cipher.Start(kIv);
  cipher.Apply(whole);
  for (size_t cut = 0; cut <= kPlain.size(); ++cut) {
    Bytes pieces = kPlain;
    cipher.Start(kIv);
    cipher.Apply(std::span(pieces).first(cut));
    cipher.Apply(std::span(pieces).subspan(cut));
    EXPECT_EQ(pieces, whole) << cut;
  }
}

TEST(AesCtr, CountsOverAllSixteenBytes) {
  AesCtr cipher(kKey);
  Bytes stream(32, 0);
  cipher.Start(Block("ffffffffffffffffffffffffffffffff"));
  cipher.Apply(stream);
  Bytes after_wrap(16, 0);
  cipher.Start(AesBlock{});
  cipher.Apply(after_wrap);
  EXPECT_TRUE(
      std::equal(after_wrap.begin(), after_wrap.end(), stream.begin() + 16));
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
const Bytes kGcmKey =
    Hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
const Bytes kGcmNonce = Hex("cafebabefacedbaddecaf888");
const Bytes kGcmPlain =
    Hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
const Bytes kGcmAssociated = Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
constexpr std::string_view kGcmSealed =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b";

TEST(Aes256Gcm, MatchesTheSpecification) {
  EXPECT_EQ(ToHex(SealAes256Gcm(kGcmKey, kGcmNonce, kGcmPlain, kGcmAssociated)),
            kGcmSealed);
}

TEST(Aes256Gcm, MatchesTheSpecificationForNothingAtAll) {  // test case 13
  EXPECT_EQ(ToHex(SealAes256Gcm(Bytes(32, 0), Bytes(12, 0), {}, {})),
            "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_TRUE(OpenAes256Gcm(Bytes(32, 0), Bytes(12, 0),
                            Hex("530f8afbc74536b9a963b4f1c4cb738b"), {}));
}

TEST(Aes256Gcm, OpensWhatItSealed) {
  const auto opened =
      OpenAes256Gcm(kGcmKey, kGcmNonce, Hex(kGcmSealed), kGcmAssociated);
  ASSERT_TRUE(opened);
  EXPECT_EQ(ToHex(opened->view()), ToHex(kGcmPlain));
}

TEST(Aes256Gcm, RefusesEveryFlippedBit) {
  const Bytes sealed = Hex(kGcmSealed);
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes damaged = sealed;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(OpenAes256Gcm(kGcmKey, kGcmNonce, damaged, kGcmAssociated));
  }
}

TEST(Aes256Gcm, RefusesOtherAssociatedDataNoncesKeysAndLengths) {
  const Bytes sealed = Hex(kGcmSealed);
  EXPECT_FALSE(OpenAes256Gcm(kGcmKey, kGcmNonce, sealed, {}));
  EXPECT_FALSE(OpenAes256Gcm(kGcmKey, Bytes(12, 0), sealed, kGcmAssociated));
  EXPECT_FALSE(OpenAes256Gcm(Bytes(32, 0), kGcmNonce, sealed, kGcmAssociated));
  EXPECT_FALSE(OpenAes256Gcm(kGcmKey, kGcmNonce,
                             ByteView(sealed).first(sealed.size() - 1),
                             kGcmAssociated));
  EXPECT_FALSE(OpenAes256Gcm(kGcmKey, kGcmNonce, ByteView(sealed).first(15),
                             kGcmAssociated));
}

}  // namespace
}  // namespace usher::crypto
