// Common Access Tokens: other implementations' tokens, and what each claim
// opens or refuses.
#include "core/ticket/access_token.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/crypto/digest.h"
#include "core/ticket/verifier.h"
#include "tests/core/ticket/cbor_text.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using crypto::SignatureAlgorithm;
using testing::cbor::Array;
using testing::cbor::ByteString;
using testing::cbor::Head;
using testing::cbor::Int;
using testing::cbor::Map;
using testing::cbor::Tag;
using testing::cbor::Text;
using ::usher::testing::kNow;
using ::usher::testing::Shop;
using ::usher::testing::TheShop;

constexpr std::array<std::string_view, 3> kAll = {"master.m3u8", "v720/1.m4s",
                                                  "key/00"};
constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 7};

std::string ReasonOf(const std::expected<Verified, Refusal>& verified) {
  return verified ? "" : verified.error().reason;
}

// How a token is put together; by default as it should be.
struct Wrapping {
  int64_t algorithm = -7;
  std::string kid = "k1";
  std::string more = {};                  // protected, written already
  std::vector<uint64_t> tags = {61, 18};  // outermost first
  std::string context = "Signature1";
};

std::string Wrap(const std::string& payload, const Shop& shop,
                 const Wrapping& how = {}) {
  const std::string header =
      how.more.empty() ? Map({Int(1), Int(how.algorithm)})
                       : Head(5, 2) + Int(1) + Int(how.algorithm) + how.more;
  const std::string signed_part = Array({Text(how.context), ByteString(header),
                                         ByteString(""), ByteString(payload)});
  std::string message = Array(
      {ByteString(header), Map({Int(4), ByteString(how.kid)}),
       ByteString(payload),
       ByteString(AsText(shop.signing_key().Sign(AsBytes(signed_part))))});
  for (size_t i = how.tags.size(); i-- > 0;)
    message = Tag(how.tags[i], message);
  return ToBase64Url(AsBytes(message));
}

std::string HostRule() { return Int(1) + Map({Int(0), Text("edge.example")}); }
// catu: everything of "fight" at edge.example.
std::string WholeEvent() {
  return Int(312) + Head(5, 2) + HostRule() + Int(3) +
         Map({Int(1), Text("/fight/")});
}
std::string Expires() { return Int(4) + Int(kNow + 3600); }

class AccessTokenTest : public ::testing::Test {
 protected:
  // `claims` are written already; exp is added.
  std::expected<Verified, Refusal> Show(
      const std::vector<std::string>& claims, const Expectations& expected = {},
      std::string_view target = "/fight/master.m3u8") {
    std::string payload = Head(5, claims.size() + 1) + Expires();
    for (const std::string& claim : claims) payload += claim;
    return VerifyToken(Wrap(payload, TheShop()), TheShop(), expected, target);
  }
  static std::expected<Verified, Refusal> VerifyToken(
      const std::string& token, const Shop& shop,
      const Expectations& expected = {},
      std::string_view target = "/fight/master.m3u8") {
    return Verify(token, shop.keys(),
                  {.event = "fight",
                   .base = "https://edge.example",
                   .target = target,
                   .address = kAddress,
                   .everything = kAll},
                  expected, kNow);
  }
  std::string Reason(const std::string& claim,
                     const Expectations& expected = {}) {
    return ReasonOf(Show({WholeEvent(), claim}, expected));
  }
};

// RFC 8392 appendix A.3, with the key of A.2.3.
TEST(Rfc8392, ItsSignedExampleVerifies) {
  const auto keys = KeySet::Parse(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"AsymmetricECDSA256","x":")" +
          ToBase64Url(*FromHex("143329cce7868e416927599cf65a34f3"
                               "ce2ffda55a7eca69ed8919a394d42f0f")) +
          R"(","y":")" +
          ToBase64Url(*FromHex("60f7f1a780d8a783bfb7a2dd6b2796e8"
                               "128dbbcef9d3d168db9529971a36e7b9")) +
          R"("}]})",
      "rfc8392");
  ASSERT_TRUE(keys) << keys.error().OneLine();
  const Bytes token = *FromHex(
      "d28443a10126a104524173796d6d657472696345434453413235365850a701756"
      "36f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f"
      "61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d"
      "9f0061a5610d9f007420b7158405427c1ff28d23fbad1f29c4c7c6a555e601d6f"
      "a29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a5"
      "2b9b63632c57209120e1c9e30");
  // Its signature is good; that it says no URI is the first thing wrong.
  EXPECT_EQ(ReasonOf(Verify(ToBase64Url(token), *keys, "fight", {}, kNow)),
            "catu is missing: it says which event");
  Bytes forged = token;
  forged.back() ^= 1;
  EXPECT_EQ(ReasonOf(Verify(ToBase64Url(forged), *keys, "fight", {}, kNow)),
            "bad signature");
}

// Made by Akamai's EdgeWorkers; a test vector of Eyevinn's node-cat.
TEST(Interop, ATokenOfAnotherImplementationVerifies) {
  const std::string token =
      "2D3RhEOhAQWhBFBha2FtYWlfa2V5X2hzMjU2U6MEGnUCOrsGGmfXRKwFGmfXRKxYIOM6yRx8"
      "30uqAamWFv1amFYRa5vaV2z5lIQTqFEvFh8z";
  const auto judge = [&](const char* key) {
    const auto keys = KeySet::Parse(
        R"({"keys":[{"kty":"oct","kid":"akamai_key_hs256","k":")" +
            ToBase64Url(*FromHex(key)) + R"("}]})",
        "akamai");
    return ReasonOf(Verify(token, *keys, "fight", {}, 1742160000));
  };
  EXPECT_EQ(judge("403697de87af64611c1d32a05dab0fe1"
                  "fcb715a86ab435f1ec99192d79569388"),
            "catu is missing: it says which event");
  EXPECT_EQ(judge("403697de87af64611c1d32b05dab0fe1"
                  "fcb715a86ab435f1ec99192d79569388"),
            "bad signature");
}

TEST_F(AccessTokenTest, EveryAlgorithmOfAKeySetVerifies) {
  const struct {
    SignatureAlgorithm algorithm;
    int64_t number;
    const char* context;
    uint64_t tag;
  } cases[] = {{SignatureAlgorithm::kEs256, -7, "Signature1", 18},
               {SignatureAlgorithm::kEdDsa, -8, "Signature1", 18},
               {SignatureAlgorithm::kPs256, -37, "Signature1", 18},
               {SignatureAlgorithm::kHs256, 5, "MAC0", 17}};
  const std::string payload = Head(5, 2) + Expires() + WholeEvent();
  for (const auto& each : cases) {
    const Shop shop(each.algorithm);
    const auto reason = [&](std::vector<uint64_t> tags) {
      return ReasonOf(VerifyToken(Wrap(payload, shop,
                                       {.algorithm = each.number,
                                        .tags = std::move(tags),
                                        .context = each.context}),
                                  shop));
    };
    EXPECT_EQ(reason({61, each.tag}), "") << each.number;
    EXPECT_EQ(reason({each.tag}), "") << each.number;
    EXPECT_EQ(reason({}), "") << each.number;
    EXPECT_EQ(reason({35 - each.tag}), "the tag is not one for this alg");
    EXPECT_EQ(reason({each.tag, 61}), "no COSE_Sign1 or COSE_Mac0");
    EXPECT_EQ(reason({98}), "no COSE_Sign1 or COSE_Mac0");
  }
}

TEST_F(AccessTokenTest, TheAlgorithmBelongsToTheKey) {
  const std::string payload = Head(5, 2) + Expires() + WholeEvent();
  const auto reason = [&](const Wrapping& how) {
    return ReasonOf(VerifyToken(Wrap(payload, TheShop(), how), TheShop()));
  };
  EXPECT_EQ(reason({}), "");
  EXPECT_EQ(reason({.algorithm = 5}), "alg is not the key's");
  EXPECT_EQ(reason({.algorithm = -8}), "alg is not the key's");
  EXPECT_EQ(reason({.algorithm = 0}), "no alg that we know is protected");
  EXPECT_EQ(reason({.algorithm = 4}), "no alg that we know is protected");
  EXPECT_EQ(reason({.kid = "k2"}), "unknown kid");
  EXPECT_EQ(reason({.more = Int(2) + Array({Int(1)})}),
            "header has a parameter that must be understood");
  EXPECT_EQ(reason({.more = Int(4) + ByteString("k1")}), "no kid");
  EXPECT_EQ(reason({.context = "Signature"}), "bad signature");
  EXPECT_EQ(reason({.context = "MAC0"}), "bad signature");
}

TEST_F(AccessTokenTest, OfTheWholeEventOpensIt) {
  const auto verified =
      Show({WholeEvent(), Int(2) + Text("order-1"),
            Int(7) + ByteString("\x01\x02"), Int(310) + Int(1)});
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_EQ(verified->limits, Limits{});
  EXPECT_EQ(verified->claims.subject, "order-1");
  EXPECT_EQ(verified->claims.token_id, "0102");
  EXPECT_EQ(verified->leeway_seconds, 0);
  const auto nameless = Show({WholeEvent()});
  ASSERT_TRUE(nameless);
  EXPECT_TRUE(nameless->claims.subject.starts_with("cat:"));
}

TEST_F(AccessTokenTest, OfOnePathOpensThatOne) {
  for (const std::string& how :
       {Map({Int(0), Text("/fight/v720/1.m4s")}),
        Map({Int(-1), ByteString(AsText(
                          crypto::Sha256(AsBytes("/fight/v720/1.m4s"))))})}) {
    const std::string rule = Int(312) + Head(5, 1) + Int(3) + how;
    const auto verified = Show({rule}, {}, "/fight/v720/1.m4s");
    ASSERT_TRUE(verified) << verified.error().reason;
    EXPECT_TRUE(verified->limits.one_path);
    EXPECT_EQ(ReasonOf(Show({rule}, {}, "/fight/v720/2.m4s")),
              "catu does not hold this URI");
  }
}

TEST_F(AccessTokenTest, EachPartOfAUriCanBeAsked) {
  const std::string target = "/fight/v720/1.m4s?a=1";
  const struct {
    int part;
    const char* value;
  } parts[] = {
      {0, "https"}, {1, "edge.example"}, {2, "443"},   {3, "/fight/v720/1.m4s"},
      {4, "a=1"},   {5, "/fight/v720"},  {6, "1.m4s"}, {7, "1"},
      {8, ".m4s"}};
  for (const auto& each : parts) {
    const auto judge = [&](const std::string& how) {
      return ReasonOf(
          Show({Int(312) + Head(5, 1) + Int(each.part) + how}, {}, target));
    };
    const bool opens = each.part < 4;  // the event, or the path
    EXPECT_EQ(judge(Map({Int(0), Text(each.value)})).substr(0, 31),
              opens ? "" : "catu holds a part of the event:")
        << each.part;
    EXPECT_EQ(judge(Map({Int(0), Text(std::string(each.value) + "x")})),
              "catu does not hold this URI")
        << each.part;
  }
}

TEST_F(AccessTokenTest, MatchesAsItsRulesSay) {
  const auto judge = [&](int64_t match, const std::string& value) {
    return ReasonOf(
        Show({Int(312) + Head(5, 1) + Int(3) + Map({Int(match), value})}));
  };
  EXPECT_EQ(judge(1, Text("/fight/")), "");
  EXPECT_EQ(judge(3, Text("fight/")), "");
  EXPECT_EQ(judge(2, Text("")), "");
  EXPECT_EQ(judge(4, Array({Text("/fight/.*")})), "");
  EXPECT_EQ(judge(4, Array({Text("/figh")})), "catu does not hold this URI")
      << "anchored";
  EXPECT_EQ(judge(2, Text(".m3u8")).substr(0, 27),
            "catu holds a part of the ev");
  for (const auto& [match, value] :
       std::initializer_list<std::pair<int64_t, std::string>>{
           {5, Text("x")},
           {-2, ByteString(std::string(32, 'x'))},
           {-1, ByteString("short")},
           {-1, Text(std::string(32, 'x'))},
           {0, ByteString("/fight/")},
           {0, Int(1)},
           {4, Text("/fight/.*")},
           {4, Array({Text("/fight/(.*)"), Text("x")})}}) {
    EXPECT_EQ(judge(match, value), "catu matches in a way we do not know");
  }
  EXPECT_EQ(judge(4, Array({Text("(")})),
            "catu has a regular expression that is no POSIX one or too large");
  EXPECT_EQ(ReasonOf(Show({Int(312) + Map({})})), "catu is no map of rules");
  EXPECT_EQ(ReasonOf(Show(
                {Int(312) + Head(5, 1) + Int(9) + Map({Int(0), Text("x")})})),
            "catu has a rule for a part we do not know");
  EXPECT_EQ(ReasonOf(Show({Int(312) + Head(5, 1) + Int(3) +
                           Map({Int(1), Text("/"), Int(3), Text("f")})})),
            "catu matches in a way we do not know")
      << "all of them, or any?";
}

TEST_F(AccessTokenTest, WhatCannotBeEnforcedIsRefused) {
  const std::string unknown = "a claim restricts in a way we cannot enforce";
  const std::pair<std::string, std::string> cases[] = {
      {Int(308) + Int(1),
       "catreplay: a token that is good once cannot be told from its copy"},
      {Int(308) + Int(2),
       "catreplay: a token that is good once cannot be told from its copy"},
      {Int(310) + Int(2), "catv is a version we do not know"},
      {Int(310) + Text("1"), "catv is a version we do not know"},
      {Int(313) + Array({Text("POST")}), "catm is no list of methods with GET"},
      {Int(313) + Text("GET"), "catm is no list of methods with GET"},
      {Int(316) + Array({}), "catgeoiso3166 names no country"},
      {Int(316) + Array({Text("US-CA")}), "catgeoiso3166 names no country"},
      {Int(311) + Int(1), "catnip is no list"},
      {Int(8) + Map({}), unknown},
      {Int(282) + Text("u33"), unknown},
      {Int(309) + Int(1), unknown},
      {Int(314) + Array({}), unknown},
      {Int(315) + Map({}), unknown},
      {Int(317) + Array({}), unknown},
      {Int(318) + Int(1), unknown},
      {Int(319) + ByteString("x"), unknown},
      {Int(320) + Text("x"), unknown},
      {Int(321) + Map({}), unknown},
      {Int(322) + Map({}), unknown},
      {Int(324) + Map({}), unknown},
      {Int(-70001) + Int(1), unknown},
      {Text("crit") + Int(1), unknown},
      {Text("seats") + Int(9), unknown},
      {Int(1) + Int(1), "iss is no plain text"},
      {Int(2) + Text(std::string(129, 'x')),
       "sub is no plain text of at most 128 bytes"},
      {Int(3) + Array({}), "aud is no text or list of texts"},
      {Int(5) + Text("now"), "nbf is no date"},
      {Int(5) + Int(-1), "nbf is no date"},
      {Int(5) + Tag(1, Int(kNow)), "nbf is no date"},
      {Int(6) + Text("now"), "iat is no date"},
      {Int(7) + Text("x"), "cti is no byte string"},
      {Int(5) + Int(kNow + 1), "nbf is still to come"},
      {Int(1) + Text("shop"), "iss is set and its key is pinned to no issuer"},
      {Int(3) + Text("edge"), "aud is set and this edge has no audience"},
      {Int(316) + Array({Text("DE")}),
       "cc is set and the viewer's country is not known"},
  };
  for (const auto& [claim, reason] : cases) {
    EXPECT_EQ(Reason(claim), reason) << ToHex(AsBytes(claim));
  }
}

TEST_F(AccessTokenTest, WhatIsPinnedOrAsksNothingPasses) {
  EXPECT_EQ(Reason(Int(1) + Text("shop"), {.issuer = "shop"}), "");
  EXPECT_EQ(
      Reason(Int(3) + Array({Text("a"), Text("edge")}), {.audience = "edge"}),
      "");
  EXPECT_EQ(
      Reason(Int(316) + Array({Text("US-CA"), Text("DE")}), {.country = "DE"}),
      "");
  EXPECT_EQ(Reason(Int(308) + Int(0)), "");
  EXPECT_EQ(Reason(Int(323) + Map({Int(0), Int(0)})), "");
  EXPECT_EQ(Reason(Int(5) + Int(kNow)), "");
}

TEST_F(AccessTokenTest, MethodsAreKept) {
  const auto limits = [&](const std::vector<std::string>& methods) {
    return Show({WholeEvent(), Int(313) + Array(methods)})->limits;
  };
  EXPECT_EQ(limits({Text("GET")}), (Limits{.no_head = true, .no_post = true}));
  EXPECT_EQ(limits({Text("GET"), Text("HEAD"), Text("POST")}), Limits{});
}

TEST_F(AccessTokenTest, AddressesAreAskedAndKept) {
  const auto judge = [&](const std::vector<std::string>& places) {
    const auto verified = Show({WholeEvent(), Int(311) + Array(places)});
    EXPECT_TRUE(!verified || verified->limits.to_address);
    return ReasonOf(verified);
  };
  const auto bytes = [](std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return ByteString(text);
  };
  const std::string elsewhere = "catnip does not hold the viewer's address";
  EXPECT_EQ(judge({Tag(52, bytes({192, 0, 2, 7}))}), "");
  EXPECT_EQ(judge({Tag(52, bytes({192, 0, 2, 8}))}), elsewhere);
  EXPECT_EQ(judge({Tag(52, Array({Int(24), bytes({192, 0, 2})}))}), "");
  EXPECT_EQ(judge({Tag(52, Array({Int(30), bytes({192, 0, 2, 4})}))}), "");
  EXPECT_EQ(judge({Tag(52, Array({Int(31), bytes({192, 0, 2, 4})}))}),
            elsewhere);
  EXPECT_EQ(judge({Tag(52, Array({Int(0), bytes({})}))}), "");
  EXPECT_EQ(judge({Tag(52, Array({Int(33), bytes({192, 0, 2, 7})}))}),
            elsewhere);
  EXPECT_EQ(judge({Tag(54, bytes({192, 0, 2, 7}))}), elsewhere);
  EXPECT_EQ(judge({Int(64512), bytes({192, 0, 2, 7}),
                   Tag(52, Array({bytes({192, 0, 2, 7}), Int(24)}))}),
            elsewhere);
  EXPECT_EQ(judge({Int(64512), Tag(52, bytes({192, 0, 2, 7}))}), "");
}

TEST_F(AccessTokenTest, TimeHasNoLeeway) {
  const auto judge = [&](const std::string& expires) {
    return ReasonOf(VerifyToken(
        Wrap(Head(5, 2) + Int(4) + expires + WholeEvent(), TheShop()),
        TheShop(), {.leeway_seconds = 600}));
  };
  EXPECT_EQ(judge(Int(kNow)), "exp has passed");
  EXPECT_EQ(judge(Int(kNow + 1)), "");
  // 1800000000.5, and NaN.
  EXPECT_EQ(judge(std::string("\xfb\x41\xda\xd2\x74\x80\x20\x00\x00", 9)),
            "exp has passed");
  EXPECT_EQ(judge(std::string("\xf9\x7e\x00", 3)), "exp is no date");
  EXPECT_EQ(judge(Int(kNow * 1000)), "exp is no date");
}

TEST_F(AccessTokenTest, JunkIsRefusedAsJunk) {
  for (const char* token : {"", "A", "AAAA", "2D3RhEOhAQWg", "0oQ", "9999",
                            "====", "not base64!"}) {
    const auto verified = VerifyToken(token, TheShop());
    ASSERT_FALSE(verified) << token;
    EXPECT_EQ(verified.error().denial, Denial::kTicketInvalid) << token;
  }
}

}  // namespace
}  // namespace usher::ticket
