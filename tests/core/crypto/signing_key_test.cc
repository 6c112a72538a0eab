#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/crypto/signature.h"
#include "core/crypto/system_random.h"
#include "tests/support/run_process.h"

namespace usher::crypto {
namespace {

using Json = nlohmann::json;
using ::usher::testing::RunProcess;

// A key pair's public half, read back from its JWK.
Result<VerifyKey> PublicHalf(const SigningKey& key) {
  const Json jwk = Json::parse(key.PublicJwk("k").value());
  const auto bytes = [&jwk](const char* name) {
    return FromBase64Url(jwk.at(name).get<std::string>()).value();
  };
  switch (key.algorithm()) {
    case SignatureAlgorithm::kEs256:
      return VerifyKey::Es256(bytes("x"), bytes("y"));
    case SignatureAlgorithm::kEdDsa:
      return VerifyKey::Ed25519(bytes("x"));
    default:
      return VerifyKey::Rsa(key.algorithm(), bytes("n"), bytes("e"));
  }
}

class EveryKeyPair : public ::testing::TestWithParam<SignatureAlgorithm> {};

TEST_P(EveryKeyPair, SignsWhatItsPublicHalfVerifies) {
  const auto key = SigningKey::Generate(GetParam());
  ASSERT_TRUE(key);
  const auto verify = PublicHalf(*key);
  ASSERT_TRUE(verify);
  EXPECT_EQ(verify->algorithm(), GetParam());
  const Bytes signature = key->Sign(AsBytes("message"));
  EXPECT_TRUE(verify->Verify(AsBytes("message"), signature));
  EXPECT_FALSE(verify->Verify(AsBytes("massage"), signature));
}

TEST_P(EveryKeyPair, ComesBackFromItsPem) {
  const auto key = SigningKey::Generate(GetParam());
  ASSERT_TRUE(key);
  const auto pem = key->ToPem();
  ASSERT_TRUE(pem);
  EXPECT_TRUE(AsText(pem->view()).starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = SigningKey::FromPem(AsText(pem->view()), GetParam());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->PublicJwk("k").value(), key->PublicJwk("k").value());
}

TEST_P(EveryKeyPair, IsReadAsNoOtherAlgorithm) {
  const auto pem = SigningKey::Generate(GetParam())->ToPem();
  ASSERT_TRUE(pem);
  for (const auto other :
       {SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa,
        SignatureAlgorithm::kRs256, SignatureAlgorithm::kHs256}) {
    const bool both_rsa = other == SignatureAlgorithm::kRs256 &&
                          GetParam() == SignatureAlgorithm::kPs256;
    if (other == GetParam() || both_rsa) continue;
    EXPECT_FALSE(SigningKey::FromPem(AsText(pem->view()), other));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Algorithms, EveryKeyPair,
    ::testing::Values(SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa,
                      SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs256),
    [](const auto& named) { return std::string(JoseName(named.param)); });

TEST(SigningKey, WritesCoordinatesAtFullLength) {
  // One key in 128 has a coordinate with a leading zero byte.
  for (int i = 0; i < 300; ++i) {
    const auto key = SigningKey::Generate(SignatureAlgorithm::kEs256);
    ASSERT_TRUE(key);
    ASSERT_TRUE(PublicHalf(*key));
    ASSERT_EQ(key->Sign(AsBytes("m")).size(), 64U);
  }
}

TEST(SigningKey, EscapesTheKidInItsJwk) {
  const auto key = SigningKey::Generate(SignatureAlgorithm::kEdDsa);
  ASSERT_TRUE(key);
  const Json jwk = Json::parse(key->PublicJwk("a\"b\\").value());
  EXPECT_EQ(jwk["kid"], "a\"b\\");
  EXPECT_EQ(jwk["use"], "sig");
  EXPECT_EQ(jwk["alg"], "EdDSA");
  EXPECT_FALSE(jwk.contains("d"));
}

TEST(SigningKey, RefusesWhatIsNoUnencryptedPrivateKey) {
  for (const char* text : {"", "not a key", "-----BEGIN PRIVATE KEY-----\n"}) {
    EXPECT_FALSE(SigningKey::FromPem(text, SignatureAlgorithm::kEs256));
  }
  const auto encrypted = RunProcess(
      {"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
       "ec_paramgen_curve:P-256", "-aes-128-cbc", "-pass", "pass:open-sesame"});
  ASSERT_EQ(encrypted.exit_code, 0) << encrypted.err;
  const auto key =
      SigningKey::FromPem(encrypted.out, SignatureAlgorithm::kEs256);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().what.find("passphrase"), std::string::npos);
}

TEST(SigningKey, RefusesOtherCurvesAndShortRsa) {
  const auto p384 = RunProcess({"openssl", "genpkey", "-algorithm", "EC",
                                "-pkeyopt", "ec_paramgen_curve:P-384"});
  ASSERT_EQ(p384.exit_code, 0) << p384.err;
  EXPECT_FALSE(SigningKey::FromPem(p384.out, SignatureAlgorithm::kEs256));
  const auto rsa = RunProcess({"openssl", "genpkey", "-algorithm", "RSA",
                               "-pkeyopt", "rsa_keygen_bits:1024"});
  ASSERT_EQ(rsa.exit_code, 0) << rsa.err;
  EXPECT_FALSE(SigningKey::FromPem(rsa.out, SignatureAlgorithm::kRs256));
}

TEST(SigningKey, OfASecretHasNoPublicHalf) {
  EXPECT_FALSE(SigningKey::Hs256(Bytes(31, 1)));
  const auto key = SigningKey::Hs256(Bytes(32, 1));
  ASSERT_TRUE(key);
  EXPECT_FALSE(key->PublicJwk("k"));
  EXPECT_FALSE(key->ToPem());
  EXPECT_TRUE(VerifyKey::Hs256(Bytes(32, 1))
                  ->Verify(AsBytes("m"), key->Sign(AsBytes("m"))));
  EXPECT_FALSE(SigningKey::Generate(SignatureAlgorithm::kHs256));
}

TEST(SystemRandom, FillsWithDifferentBytesEachTime) {
  SystemRandom random;
  Bytes one(32);
  Bytes two(32);
  random.Fill(one);
  random.Fill(two);
  EXPECT_NE(one, two);
  EXPECT_NE(one, Bytes(32));
  random.Fill({});
}

}  // namespace
}  // namespace usher::crypto
