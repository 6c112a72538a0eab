// Tokens of RFC 9246: its own examples, and what each claim opens or refuses.
#include "core/ticket/signed_uri.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/ticket/verifier.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using ::usher::testing::kNow;
using ::usher::testing::Shop;
using ::usher::testing::TheShop;

// Appendix A.
constexpr std::string_view kRfcKeys = R"({"keys":[{"kty":"EC",
  "kid":"P5UpOv0eMq1wcxLf7WxIg09JdSYGYFDOWkldueaImf0","use":"sig","alg":"ES256",
  "crv":"P-256","x":"be807S4O7dzB6I4hTiCUvmxCI6FuxWba1xYBlLSSsZ8",
  "y":"rOGC4vI69g-WF9AGEVI37sNNwbjIzBxSjLvIL7f3RBA"},
  {"kty":"oct","kid":"f-WbjxBC3dPuI3d24kP2hfvos7Qz688UTi6aB0hN998","use":"enc",
  "alg":"A128GCM","k":"4uFxxV7fhNmrtiah2d1fFg"}]})";
// A.1: hash of http://cdni.example/foo/bar.
constexpr std::string_view kSimple =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IlA1VXBPdjBlTXExd2N4TGY3V3hJZzA5SmRTWU"
    "dZRkRPV2tsZHVlYUltZjAifQ.eyJleHAiOjE2NDY4NjczNjksImlzcyI6InVDRE4gS"
    "W5jIiwiY2RuaXVjIjoiaGFzaDpzaGEtMjU2OzJ0ZGVyZldQYTg2S3U3WW56VzUxWVV"
    "wN2RHVWpCU18zU1czRUx4NGhtV1kifQ.TaNlJM3D96i_9J9XvlICO6FUIDFTqt3E2Y"
    "JkEUOLfcH0b89wYRKTbJ9Yj6h_GRgSoZoQO0cps3yUPcWGK3smCw";
// A.2: with sub and cdniip encrypted, and jti.
constexpr std::string_view kComplex =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IlA1VXBPdjBlTXExd2N4TGY3V3hJZzA5SmRTWU"
    "dZRkRPV2tsZHVlYUltZjAifQ.eyJhdWQiOiJkQ0ROIExMQyIsInN1YiI6ImV5Smxib"
    "U1pT2lKQk1USTRSME5OSWl3aVlXeG5Jam9pWkdseUlpd2lhMmxrSWpvaVppMVhZbXA"
    "0UWtNelpGQjFTVE5rTWpSclVESm9ablp2Y3pkUmVqWTRPRlZVYVRaaFFqQm9Uams1T"
    "0NKOS4uQ0xBdTgweGNsYzhCcC1VaS42UDFBM0Y2aXAyRHYuQ29oZHRMTHBnQm5UdlJ"
    "KUUNGdXotZyIsImNkbmlpcCI6ImV5SmxibU1pT2lKQk1USTRSME5OSWl3aVlXeG5Ja"
    "m9pWkdseUlpd2lhMmxrSWpvaVppMVhZbXA0UWtNelpGQjFTVE5rTWpSclVESm9ablp"
    "2Y3pkUmVqWTRPRlZVYVRaaFFqQm9Uams1T0NKOS4uYVVEREZFUUJJYzNuV2pPYi5iR"
    "1hXVEhQa250bVBDS24wcFBQTkVRLml5VHR0bkZ5Yk8yWUJMcXdsX1lTakEiLCJjZG5"
    "pdiI6MSwiZXhwIjoxNjQ2ODY3MzY5LCJpYXQiOjE2NDY2OTQ1NjksImlzcyI6InVDR"
    "E4gSW5jIiwianRpIjoiNURBYWZMaFpBZmhzYmUiLCJuYmYiOjE2NDY3ODA5NjksImN"
    "kbml1YyI6InJlZ2V4Omh0dHA6Ly9jZG5pXFwuZXhhbXBsZS9mb28vYmFyL1swLTlde"
    "zN9XFwucG5nIn0.IjmVX0uD5MYqArc-M08uEsEeoDQn8kuYXZ9HGHDmDDxsHikT0c8"
    "jcX8xYD0z3LzQclMG65i1kT2sRbZ7isUw8w";
// A.3: regex:http://cdni\.example/foo/bar/[0-9]{3}\.ts, to be renewed.
constexpr std::string_view kRenewed =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IlA1VXBPdjBlTXExd2N4TGY3V3hJZzA5SmRTWU"
    "dZRkRPV2tsZHVlYUltZjAifQ.eyJjZG5pZXRzIjozMCwiY2RuaXN0dCI6MSwiY2Rua"
    "XN0ZCI6MiwiZXhwIjoxNjQ2ODY3MzY5LCJjZG5pdWMiOiJyZWdleDpodHRwOi8vY2R"
    "uaVxcLmV4YW1wbGUvZm9vL2Jhci9bMC05XXszfVxcLnRzIn0.tlPvoKw3BCClw4Lx9"
    "PQu7MK6b2IN55ZoCPSaxovGK0zS53Wpb1MbJBow7G8LiGR39h6-2Iq7PWUSr3MdTIz"
    "HYw";
// The second of A.3, thirty seconds later.
constexpr std::string_view kRenewedAgain =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IlA1VXBPdjBlTXExd2N4TGY3V3hJZzA5SmRTWU"
    "dZRkRPV2tsZHVlYUltZjAifQ.eyJjZG5pZXRzIjozMCwiY2RuaXN0dCI6MSwiY2Rua"
    "XN0ZCI6MiwiZXhwIjoxNjQ2ODY3Mzk5LCJjZG5pdWMiOiJyZWdleDpodHRwOi8vY2R"
    "uaVxcLmV4YW1wbGUvZm9vL2Jhci9bMC05XXszfVxcLnRzIn0.ivY5d_fKGd-OHTpUs"
    "8uJUrnHvt-rduzu5H4zM7167pUUAghub53FqDQ5G16jRYX2sY73mA_uLpYDdb-CPts"
    "8FA";
constexpr int64_t kRfcExpires = 1646867369;

constexpr std::array<std::string_view, 2> kFooBar = {"bar/001.ts",
                                                     "bar/999.ts"};
constexpr std::array<std::string_view, 3> kAll = {"master.m3u8", "v720/1.m4s",
                                                  "key/00"};

std::string ReasonOf(const std::expected<Verified, Refusal>& verified) {
  return verified ? "" : verified.error().reason;
}

const KeySet& RfcKeys() {
  static const KeySet keys = KeySet::Parse(kRfcKeys, "rfc9246").value();
  return keys;
}

std::expected<Verified, Refusal> RfcVerify(
    std::string_view token, std::string_view target, int64_t now,
    std::span<const std::string_view> everything = {},
    Expectations expected = {}) {
  if (token == kSimple) expected.issuer = "uCDN Inc";
  return Verify(token, RfcKeys(),
                {.event = "foo",
                 .base = "http://cdni.example",
                 .target = target,
                 .everything = everything},
                expected, now);
}

TEST(Rfc9246, SimpleExampleOpensItsOneUri) {
  const auto verified = RfcVerify(kSimple, "/foo/bar", kRfcExpires - 1);
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_TRUE(verified->limits.one_path);
  EXPECT_EQ(verified->claims.issuer, "uCDN Inc");
  EXPECT_EQ(verified->claims.expires, kRfcExpires);
  EXPECT_TRUE(verified->claims.subject.starts_with("uri:"));
  EXPECT_EQ(ReasonOf(RfcVerify(kSimple, "/foo/baz", kRfcExpires - 1)),
            "cdniuc does not hold this URI");
  EXPECT_EQ(ReasonOf(RfcVerify(kSimple, "", kRfcExpires - 1)),
            "cdniuc does not hold this URI");
}

TEST(Rfc9246, ThereIsNoLeeway) {
  const auto expired =
      RfcVerify(kSimple, "/foo/bar", kRfcExpires, {}, {.leeway_seconds = 3600});
  EXPECT_EQ(ReasonOf(expired), "exp has passed");
  EXPECT_TRUE(RfcVerify(kSimple, "/foo/bar", kRfcExpires - 1));
}

TEST(Rfc9246, ComplexExampleIsRefusedForWhatCannotBeEnforced) {
  EXPECT_EQ(ReasonOf(RfcVerify(kComplex, "/foo/bar/123.png", kRfcExpires - 1,
                               kFooBar, {.audience = "dCDN LLC"})),
            "cdniip binds to an address, which is encrypted");
}

TEST(Rfc9246, RenewalExamplesOpenWhereTheyHoldEverything) {
  for (const auto token : {kRenewed, kRenewedAgain}) {
    const auto verified =
        RfcVerify(token, "/foo/bar/123.ts", kRfcExpires - 1, kFooBar);
    ASSERT_TRUE(verified) << verified.error().reason;
    EXPECT_FALSE(verified->limits.one_path);
    EXPECT_TRUE(verified->limits.renews);
  }
  EXPECT_EQ(
      ReasonOf(RfcVerify(kRenewed, "/foo/bar/123.ts", kRfcExpires - 1, kAll))
          .substr(0, 35),
      "cdniuc holds a part of the event: m");
  EXPECT_FALSE(RfcVerify(kRenewed, "/foo/bar/123.ts", kRfcExpires, kFooBar));
  EXPECT_TRUE(
      RfcVerify(kRenewedAgain, "/foo/bar/123.ts", kRfcExpires, kFooBar));
}

TEST(Rfc9246, AnySignatureThatDiffersIsRefused) {
  std::string forged(kRenewed);
  forged[forged.size() - 2] = 'A';
  EXPECT_EQ(ReasonOf(RfcVerify(forged, "/foo/bar/123.ts", kRfcExpires - 1)),
            "bad signature");
}

// Tokens of our own shop, for event "fight" at https://edge.example.
class SignedUriTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kWhole =
      R"("cdniuc":"regex:https://edge\\.example/fight/.*")";

  std::expected<Verified, Refusal> Show(
      const std::string& members, const Expectations& expected = {},
      std::string_view target = "/fight/master.m3u8") {
    return Verify(TheShop().Ticket(R"({"exp":1800003600,)" + members + "}"),
                  TheShop().keys(),
                  {.event = "fight",
                   .base = "https://edge.example",
                   .target = target,
                   .everything = kAll},
                  expected, kNow);
  }
  std::string Reason(const std::string& members,
                     const Expectations& expected = {}) {
    return ReasonOf(Show(members, expected));
  }
  std::string With(const std::string& members) {
    return std::string(kWhole) + "," + members;
  }
};

TEST_F(SignedUriTest, AContainerOfTheWholeEventOpensIt) {
  const auto verified = Show(With(R"("seats":3,"sub":"order-1")"));
  ASSERT_TRUE(verified) << verified.error().reason;
  EXPECT_FALSE(verified->limits.one_path);
  EXPECT_FALSE(verified->limits.renews);
  EXPECT_EQ(verified->claims.seats, 3U);
  EXPECT_EQ(verified->claims.subject, "order-1");
  EXPECT_EQ(verified->leeway_seconds, 0);
  EXPECT_TRUE(Show(std::string(kWhole), {}, "")) << "also without a target";
}

TEST_F(SignedUriTest, AContainerThatLacksAnythingDoesNot) {
  for (const char* regex :
       {R"(https://edge\\.example/fight/.*[8s])",
        R"(https://edge\\.example/fight/[^/]*)",
        R"(https://edge\\.example/fight/v720/.*)",
        R"(https://edge\\.example/fight-2/.*)", R"(http://.*)",
        R"(https://edge\\.example/fight/.*\\.m3u8)"}) {
    const auto verified =
        Show(R"("cdniuc":"regex:)" + std::string(regex) + '"');
    ASSERT_FALSE(verified) << regex;
    EXPECT_EQ(verified.error().denial, Denial::kTicketScope) << regex;
  }
}

TEST_F(SignedUriTest, IsRefusedWithoutAUriToCompareWith) {
  const auto verified = Verify(
      TheShop().Ticket(R"({"exp":1800003600,)" + std::string(kWhole) + "}"),
      TheShop().keys(), "fight", {}, kNow);
  EXPECT_EQ(ReasonOf(verified), "a signed URI was shown with no URI");
}

TEST_F(SignedUriTest, WhatCannotBeEnforcedIsRefused) {
  const struct {
    const char* members;
    const char* reason;
  } cases[] = {
      {R"("cdniv":2)", "cdniv is a version we do not know"},
      {R"("cdniv":0)", "cdniv is a version we do not know"},
      {R"("cdniv":"1")", "cdniv is no version number"},
      {R"("cdniip":"a.b.c.d.e")",
       "cdniip binds to an address, which is encrypted"},
      {R"("jti":"x")",
       "jti: a token that is good once cannot be told from its copy"},
      {R"("cdnicrit":"cdnix","cdnix":1)",
       "cdnicrit names what is not there or not known"},
      {R"("cdnicrit":"")", "cdnicrit names what is not there or not known"},
      {R"("cdnicrit":"seats")",
       "cdnicrit names what is not there or not known"},
      {R"("cdnicrit":"seats,seats","seats":1)",
       "cdnicrit names what is not there or not known"},
      {R"("cdnicrit":"seats,","seats":1)",
       "cdnicrit names what is not there or not known"},
      {R"("cdnicrit":["seats"],"seats":1)",
       "cdnicrit names what is not there or not known"},
      {R"("cdnix":1)", "a claim restricts in a way we cannot enforce"},
      {R"("geohash":"u33")", "a claim restricts in a way we cannot enforce"},
      {R"("cdnistt":1)", "cdnistt is there without cdniets"},
      {R"("cdnistt":3,"cdniets":30)", "cdnistt is none of 0, 1 and 2"},
      {R"("cdnistt":"1","cdniets":30)", "cdnistt is none of 0, 1 and 2"},
      {R"("cdnistt":1,"cdniets":"30")", "cdniets is no number of seconds"},
      {R"("cdnistt":1,"cdniets":-1)", "cdniets is no number of seconds"},
      {R"("cdnistt":1,"cdniets":30,"cdnistd":-1)", "cdnistd is no depth"},
      {R"("event":"other")", "event is not among the ticket's"},
      {R"("cc":["DE"])", "cc is set and the viewer's country is not known"},
      {R"("nbf":1800000001)", "nbf is still to come"},
      {R"("iss":"shop")", "iss is set and its key is pinned to no issuer"},
      {R"("aud":"edge")", "aud is set and this edge has no audience"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Reason(With(each.members)), each.reason) << each.members;
  }
}

TEST_F(SignedUriTest, WhatIsPinnedOrAsksNothingPasses) {
  EXPECT_EQ(Reason(With(R"("iss":"shop")"), {.issuer = "shop"}), "");
  EXPECT_EQ(Reason(With(R"("aud":["a","edge"])"), {.audience = "edge"}), "");
  EXPECT_EQ(Reason(With(R"("cc":["DE"])"), {.country = "DE"}), "");
  for (const char* members :
       {R"("cdniv":1)", R"("cdnicrit":"seats,event","seats":2,"event":"fight")",
        R"("cdnistt":0,"cdniets":30)", R"("cdnistt":2,"cdniets":0.5)",
        R"("nbf":1800000000)", R"("name":"ignored")"}) {
    EXPECT_EQ(Reason(With(members)), "") << members;
  }
}

TEST_F(SignedUriTest, ExpIsRequired) {
  EXPECT_EQ(ReasonOf(Verify(TheShop().Ticket("{" + std::string(kWhole) + "}"),
                            TheShop().keys(),
                            {.event = "fight",
                             .base = "https://edge.example",
                             .everything = kAll},
                            {}, kNow)),
            "exp is missing or no date");
}

TEST_F(SignedUriTest, RenewalNeedsAPathAsDeepAsItSays) {
  const auto renews = [&](const char* depth) {
    const auto verified = Show(
        With(R"("cdnistt":1,"cdniets":30,"cdnistd":)" + std::string(depth)));
    return verified && verified->limits.renews;
  };
  EXPECT_TRUE(renews("0"));
  EXPECT_TRUE(renews("2"));
  EXPECT_FALSE(renews("3"));
}

TEST_F(SignedUriTest, OneTokenIsOneTicketHoweverItIsSigned) {
  const auto first = Show(std::string(kWhole));
  const auto again = Show(std::string(kWhole));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->claims.subject, again->claims.subject);
  const auto other = Show(With(R"("iat":1)"));
  ASSERT_TRUE(other);
  EXPECT_NE(first->claims.subject, other->claims.subject);
}

TEST_F(SignedUriTest, AnEscapedNameIsNoTicketEither) {
  EXPECT_EQ(Reason(R"("sub":"t","event":"fight","cdni\u0075c":"hash:x")"),
            "a claim restricts in a way we cannot enforce");
}

}  // namespace
}  // namespace usher::ticket
