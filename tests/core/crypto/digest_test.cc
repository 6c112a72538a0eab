#include "core/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/core/crypto/hex_bytes.h"

namespace usher::crypto {
namespace {

using ::usher::testing::Hex;

TEST(Sha256, MatchesFips180Examples) {
  EXPECT_EQ(ToHex(Sha256(AsBytes(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256(AsBytes(
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, OfPartsIsThatOfTheirConcatenation) {
  EXPECT_EQ(Sha256({AsBytes("a"), AsBytes(""), AsBytes("bc")}),
            Sha256(AsBytes("abc")));
}

TEST(Sha256, HasAContextPerThread) {
  std::vector<std::thread> threads;
  std::vector<Sha256Digest> digests(4);
  for (Sha256Digest& digest : digests) {
    threads.emplace_back([&digest] {
      for (int i = 0; i < 1000; ++i) digest = Sha256(AsBytes("abc"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Sha256Digest& digest : digests) {
    EXPECT_EQ(digest, Sha256(AsBytes("abc")));
  }
}

struct MacCase {
  Bytes key;
  Bytes message;
  std::string_view mac;
};

// RFC 4231 sections 4.2 to 4.5, 4.7 and 4.8.
std::vector<MacCase> Rfc4231() {
  return {
      {Bytes(20, 0x0b), Hex("4869205468657265"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {Hex("4a656665"),
       Hex("7768617420646f2079612077616e7420666f72206e6f7468696e673f"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, 0xaa), Bytes(50, 0xdd),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {Hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
       Bytes(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {Bytes(131, 0xaa),
       Hex("54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
           "65204b6579202d2048617368204b6579204669727374"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, 0xaa),
       Hex("5468697320697320612074657374207573696e672061206c6172676572207468"
           "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
           "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
           "647320746f20626520686173686564206265666f7265206265696e6720757365"
           "642062792074686520484d414320616c676f726974686d2e"),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
}

TEST(HmacSha256, MatchesRfc4231) {
  for (const MacCase& c : Rfc4231()) {
    HmacSha256 mac(c.key);
    EXPECT_EQ(ToHex(mac.Sign(c.message)), c.mac);
  }
}

TEST(HmacSha256, SignsManyMessagesWithOneKey) {
  const MacCase c = Rfc4231().front();
  HmacSha256 mac(c.key);
  for (int i = 0; i < 3; ++i) {
    mac.Sign(AsBytes("something else"));
    EXPECT_EQ(ToHex(mac.Sign(c.message)), c.mac);
  }
}

TEST(HmacSha256, WithAnEmptyKeyIsThatOfAZeroBlock) {
  EXPECT_EQ(HmacSha256(Bytes{}).Sign(AsBytes("a")),
            HmacSha256(Bytes(64, 0)).Sign(AsBytes("a")));
}

struct KdfCase {
  Bytes secret;
  Bytes salt;
  Bytes label;
  std::string_view derived;
};

TEST(HkdfSha256, MatchesRfc5869) {
  const KdfCase cases[] = {
      {Bytes(22, 0x0b), Hex("000102030405060708090a0b0c"),
       Hex("f0f1f2f3f4f5f6f7f8f9"),
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
       "34007208d5b887185865"},
      {Hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
           "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
           "404142434445464748494a4b4c4d4e4f"),
       Hex("606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
           "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
           "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"),
       Hex("b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
           "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
           "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
       "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
       "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {Bytes(22, 0x0b),
       {},
       {},
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
       "9d201395faa4b61a96c8"},
  };
  for (const KdfCase& c : cases) {
    const SecretBytes derived =
        HkdfSha256(c.secret, c.salt, AsText(c.label), c.derived.size() / 2);
    EXPECT_EQ(ToHex(derived.view()), c.derived);
  }
}

TEST(HkdfSha256, SeparatesUsesByLabel) {
  const Bytes secret(32, 1);
  EXPECT_NE(ToHex(HkdfSha256(secret, {}, "one", 32).view()),
            ToHex(HkdfSha256(secret, {}, "two", 32).view()));
}

}  // namespace
}  // namespace usher::crypto
