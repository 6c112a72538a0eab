#include "core/ticket/key_set.h"

#include <gtest/gtest.h>

#include "core/base/base64url.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

constexpr const char* kEc =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
constexpr const char* kOkp =
    R"("kty":"OKP","crv":"Ed25519",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
constexpr const char* kRsa =
    R"("kty":"RSA","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM7)"
    R"(8LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t)"
    R"(Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAt)"
    R"(aSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQF)"
    R"(h6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")";
constexpr const char* kOct =
    R"("kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75)"
    R"(aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")";

std::string Set(const std::string& keys) {
  return R"({"keys":[)" + keys + "]}";
}
std::string Jwk(const std::string& members, const std::string& more = "") {
  return R"({"kid":"k1",)" + members + (more.empty() ? "" : "," + more) + "}";
}

TEST(KeySet, ReadsEveryTypeOfKey) {
  const auto set = KeySet::Parse(
      Set(R"({"kid":"ec",)" + std::string(kEc) + R"(},{"kid":"okp",)" + kOkp +
          R"(},{"kid":"rs","alg":"RS256",)" + kRsa +
          R"(},{"kid":"ps","alg":"PS256",)" + kRsa + R"(},{"kid":"oct",)" +
          kOct + "}"),
      "shop.json");
  ASSERT_TRUE(set) << set.error().OneLine();
  const auto algorithm = [&set](std::string_view kid) {
    return crypto::JoseName(set->Find(kid)->verify.algorithm());
  };
  EXPECT_EQ(algorithm("ec"), "ES256");
  EXPECT_EQ(algorithm("okp"), "EdDSA");
  EXPECT_EQ(algorithm("rs"), "RS256");
  EXPECT_EQ(algorithm("ps"), "PS256");
  EXPECT_EQ(algorithm("oct"), "HS256");
  for (const char* unknown : {"", "e", "ecc", "EC", "zz", "aa"}) {
    EXPECT_EQ(set->Find(unknown), nullptr) << unknown;
  }
}

std::string ThumbprintOf(const std::string& members) {
  const auto set = KeySet::Parse(Set(Jwk(members)), "shop.json");
  return set ? ToBase64Url(set->keys().front().hash) : set.error().OneLine();
}

TEST(KeySet, HashesKeysAsRfc7638AndRfc8037Say) {
  EXPECT_EQ(ThumbprintOf(std::string(kRsa) + R"(,"alg":"RS256")"),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(ThumbprintOf(kOkp), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(KeySet, HashesTheKeyAloneNotWhatIsSaidAboutIt) {
  EXPECT_EQ(ThumbprintOf(kEc),
            ThumbprintOf(R"("use":"sig","alg":"ES256","extra":[1],)" +
                         std::string(kEc)));
}

TEST(KeySet, PassesOverKeysForEncryption) {
  const auto set = KeySet::Parse(
      Set(R"({"kty":"RSA","use":"enc","alg":"RSA-OAEP"},)" + Jwk(kEc)),
      "shop.json");
  ASSERT_TRUE(set) << set.error().OneLine();
  EXPECT_EQ(set->keys().size(), 1U);
}

TEST(KeySet, AcceptsStatedUses) {
  for (const char* more : {R"("use":"sig")", R"("key_ops":["verify"])",
                           R"("key_ops":["sign","verify"])", R"("alg":"ES256")",
                           R"("x5t":"ignored")"}) {
    EXPECT_TRUE(KeySet::Parse(Set(Jwk(kEc, more)), "shop.json")) << more;
  }
  EXPECT_TRUE(KeySet::Parse(Set(Jwk(kOkp, R"("alg":"Ed25519")")), "shop.json"));
}

struct Mistake {
  std::string set;
  const char* complaint;  // part of the one line
};

TEST(KeySet, RefusesTheWholeSetAndSaysWhichKeyAndWhy) {
  const Mistake mistakes[] = {
      {"", "is not JSON"},
      {"[]", "is not JSON"},
      {"{}", "has no keys"},
      {R"({"keys":{}})", "has no keys"},
      {R"({"keys":[]})", "has no keys"},
      {Set(R"({"use":"enc"})"), "has no keys that sign"},
      {R"({"keys":[],"keys":[]})", "duplicate"},
      {Set("1"), "key 1: is not a JSON object"},
      {Set("{}"), "kid is missing"},
      {Set("{" + std::string(kEc) + "}"), "kid is missing"},
      {Set(R"({"kid":"",)" + std::string(kEc) + "}"), "kid is missing"},
      {Set(R"({"kid":1,)" + std::string(kEc) + "}"), "kid is missing"},
      {Set(R"({"kid":"a\nb",)" + std::string(kEc) + "}"), "kid is missing"},
      {Set(R"({"kid":")" + std::string(129, 'k') + "\"," + kEc + "}"),
       "kid is missing"},
      {Set(Jwk(R"("kty":"XX")")), "kty is none of"},
      {Set(Jwk(R"("kty":"EC","crv":"P-384")")), "crv is not P-256"},
      {Set(Jwk(R"("kty":"EC","crv":"P-256")")), "32 bytes"},
      {Set(Jwk(R"("kty":"EC","crv":"P-256","x":1,"y":2)")), "32 bytes"},
      {Set(Jwk(R"("kty":"OKP","crv":"X25519")")), "crv is not Ed25519"},
      {Set(Jwk(R"("kty":"OKP","crv":"Ed25519","x":"AAAA")")), "32 bytes"},
      {Set(Jwk(kEc, R"("alg":"RS256")")), "alg is not ES256"},
      {Set(Jwk(kEc, R"("alg":1)")), "alg is not ES256"},
      {Set(Jwk(kOkp, R"("alg":"ES256")")), "alg is not EdDSA"},
      {Set(Jwk(kOct, R"("alg":"HS512")")), "alg is not HS256"},
      {Set(Jwk(kRsa)), "must name its alg"},
      {Set(Jwk(kRsa, R"("alg":"RS512")")), "must name its alg"},
      {Set(Jwk(kRsa, R"("alg":"none")")), "must name its alg"},
      {Set(Jwk(R"("kty":"RSA","alg":"RS256","e":"AQAB","n":"AQAB")")),
       "shorter than 2048 bits"},
      {Set(Jwk(R"("kty":"RSA","alg":"RS256","e":"AQAB")")),
       "n or e is missing"},
      {Set(Jwk(R"("kty":"RSA","alg":"RS256","n":"AAEAAQ","e":"AQAB")")),
       "starts with 0"},
      {Set(Jwk(R"("kty":"oct","k":"c2hvcnQ")")), "shorter than 32 bytes"},
      {Set(Jwk(R"("kty":"oct","k":"not base64url!")")), "shorter than 32"},
      {Set(Jwk(kEc, R"("d":"AAAA")")), "holds a private key"},
      {Set(Jwk(kRsa, R"("alg":"RS256","p":"AAAA")")), "holds a private key"},
      {Set(Jwk(kEc, R"("use":"tls")")), "does not allow verifying"},
      {Set(Jwk(kEc, R"("key_ops":["encrypt"])")), "does not allow verifying"},
      {Set(Jwk(kEc, R"("key_ops":"verify")")), "does not allow verifying"},
      {Set(Jwk(kEc) + "," + Jwk(kOkp)), "names kid k1 twice"},
      {Set(Jwk(kEc) + R"(,{"kid":"k2"})"), "key 2: kty is none of"},
      {Set(Jwk(kEc, R"("kty":"OKP")")), "duplicate member"},
      {Set(Jwk(kEc)) + std::string((1 << 20) + 1, ' '), "larger than 1 MiB"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto set = KeySet::Parse(mistake.set, "shop.json");
    ASSERT_FALSE(set) << mistake.set;
    const std::string line = set.error().OneLine();
    EXPECT_NE(line.find(mistake.complaint), std::string::npos) << line;
    EXPECT_TRUE(line.starts_with("shop.json")) << line;
  }
}

TEST(KeySet, NeverQuotesASecret) {
  const auto set = KeySet::Parse(
      Set(Jwk(R"("kty":"oct","k":"aHVzaC1odXNo","alg":"HS256")")), "shop.json");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().OneLine().find("aHVzaC1odXNo"), std::string::npos);
}

TEST(KeySet, SaysWhoseTicketsAKeyMaySign) {
  const auto issuers = [](const std::string& iss) {
    const auto set =
        KeySet::Parse(Set(Jwk(kEc, "\"iss\":" + iss)), "shop.json");
    return set ? set->keys().front().issuers
               : std::vector<std::string>{set.error().OneLine()};
  };
  EXPECT_EQ(issuers(R"("alpha")"), (std::vector<std::string>{"alpha"}));
  EXPECT_EQ(issuers(R"(["a","b"])"), (std::vector<std::string>{"a", "b"}));
  for (const char* bad : {"[]", "1", "null", "\"\"", R"(["a",""])",
                          R"(["a",1])", "{}", R"([["a"]])"}) {
    EXPECT_EQ(issuers(bad).front().find("shop.json, key 1"), 0U) << bad;
  }
  EXPECT_TRUE(KeySet::Parse(Set(Jwk(kEc)), "shop.json")
                  ->keys()
                  .front()
                  .issuers.empty());
}

TEST(KeySet, KnowsAKeyByTheBeginningOfItsHash) {
  const auto set = KeySet::Parse(Set(Jwk(kOkp)), "shop.json");
  ASSERT_TRUE(set);
  // The thumbprint of RFC 8037 appendix A.3, "kPrK_qmx...".
  EXPECT_TRUE(set->HasKeyOf({0x90, 0xfa, 0xca, 0xfe}));
  EXPECT_FALSE(set->HasKeyOf({0x90, 0xfa, 0xca, 0xff}));
  EXPECT_FALSE(set->HasKeyOf({}));
}

TEST(KeySet, LetsTwoKeysSignDuringRotation) {
  const testing::Shop old_shop;
  const testing::Shop new_shop(crypto::SignatureAlgorithm::kEdDsa);
  const auto set =
      KeySet::Parse(Set(old_shop.signing_key().PublicJwk("old").value() + "," +
                        new_shop.signing_key().PublicJwk("new").value()),
                    "shop.json");
  ASSERT_TRUE(set);
  const auto admits = [&set](const std::string& ticket) {
    return Verify(ticket, *set, "fight", {}, testing::kNow).has_value();
  };
  EXPECT_TRUE(admits(old_shop.Ticket(R"({"alg":"ES256","kid":"old"})",
                                     testing::kGoodPayload)));
  EXPECT_TRUE(admits(new_shop.Ticket(R"({"alg":"EdDSA","kid":"new"})",
                                     testing::kGoodPayload)));
  EXPECT_FALSE(admits(old_shop.Ticket(R"({"alg":"ES256","kid":"new"})",
                                      testing::kGoodPayload)));
}

}  // namespace
}  // namespace usher::ticket
