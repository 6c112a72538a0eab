// Known attacks on JWT readers (RFC 8725 section 2, and public advisories).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using crypto::SignatureAlgorithm;
using ::usher::testing::Join;
using ::usher::testing::kGoodPayload;
using ::usher::testing::Shop;
using ::usher::testing::TheShop;

// Signed well under this header: what is refused is the header.
std::string_view JudgeHeader(std::string_view header) {
  return TheShop().Judge(TheShop().Ticket(header, kGoodPayload));
}

TEST(Forgery, AlgNoneIsNoTicket) {
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header =
        R"({"alg":")" + std::string(name) + R"(","kid":"k1"})";
    EXPECT_EQ(TheShop().Judge(Join(header, kGoodPayload, {})),
              "ticket_invalid");
    EXPECT_EQ(TheShop().Judge(Join(header, kGoodPayload, Bytes{0})),
              "ticket_invalid");
    EXPECT_EQ(JudgeHeader(header), "ticket_invalid");
  }
}

// The secret of the forged HMAC is what everyone knows: the public key.
std::string SignedWithPublicKey(std::string_view secret) {
  constexpr std::string_view kHeader = R"({"alg":"HS256","kid":"k1"})";
  const std::string input =
      ToBase64Url(AsBytes(kHeader)) + '.' + ToBase64Url(AsBytes(kGoodPayload));
  return Join(kHeader, kGoodPayload,
              crypto::HmacSha256(AsBytes(secret)).Sign(AsBytes(input)));
}

TEST(Forgery, APublicKeyIsNoSharedSecret) {
  for (const auto algorithm :
       {SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs256,
        SignatureAlgorithm::kEs256, SignatureAlgorithm::kEdDsa}) {
    const Shop shop(algorithm);
    const auto jwk = nlohmann::json::parse(shop.jwks()).at("keys").at(0);
    for (const std::string& secret :
         {shop.jwks(), jwk.dump(), jwk.value("n", ""), jwk.value("x", "")}) {
      EXPECT_EQ(shop.Judge(SignedWithPublicKey(secret)), "ticket_invalid");
    }
  }
}

TEST(Forgery, OneRsaKeyDoesNotServeTwoAlgorithms) {
  const Shop shop(SignatureAlgorithm::kRs256);
  EXPECT_EQ(
      shop.Judge(shop.Ticket(R"({"alg":"PS256","kid":"k1"})", kGoodPayload)),
      "ticket_invalid");
}

TEST(Forgery, AlgIsComparedExactly) {
  EXPECT_EQ(JudgeHeader(R"({"alg":"ES256","kid":"k1"})"), "");
  for (const char* name :
       {"es256", "ES256 ", "ES256K", "ES384", "RS256", "HS256", "EdDSA"}) {
    EXPECT_EQ(
        JudgeHeader(R"({"alg":")" + std::string(name) + R"(","kid":"k1"})"),
        "ticket_invalid")
        << name;
  }
  for (const char* header :
       {R"({"kid":"k1"})", R"({"alg":1,"kid":"k1"})",
        R"({"alg":["ES256"],"kid":"k1"})", R"({"alg":null,"kid":"k1"})"}) {
    EXPECT_EQ(JudgeHeader(header), "ticket_invalid") << header;
  }
}

TEST(Forgery, TheKidMustBeKnown) {
  for (const char* header :
       {R"({"alg":"ES256"})", R"({"alg":"ES256","kid":""})",
        R"({"alg":"ES256","kid":"k2"})", R"({"alg":"ES256","kid":"K1"})",
        R"({"alg":"ES256","kid":"k1 "})", R"({"alg":"ES256","kid":"k1\u0000"})",
        R"({"alg":"ES256","kid":1})", R"({"alg":"ES256","kid":null})",
        R"({"alg":"ES256","kid":["k1"]})",
        R"({"alg":"ES256","kid":"../../dev/null"})",
        R"({"alg":"ES256","kid":"' OR 1=1 --"})"}) {
    EXPECT_EQ(JudgeHeader(header), "ticket_invalid") << header;
  }
}

TEST(Forgery, AKeyInTheHeaderIsNotBelieved) {
  const Shop forger;
  const auto jwk = nlohmann::json::parse(forger.jwks()).at("keys").at(0).dump();
  const std::string header =
      R"({"alg":"ES256","kid":"k1","jku":"https://example.com/k","jwk":)" +
      jwk + "}";
  EXPECT_EQ(TheShop().Judge(forger.Ticket(header, kGoodPayload)),
            "ticket_invalid");
}

TEST(Forgery, ParametersThatChangeTheMeaningAreRefused) {
  for (const char* parameter :
       {R"("crit":["exp"])", R"("crit":[])", R"("b64":false)", R"("b64":true)",
        R"("zip":"DEF")", R"("enc":"A128GCM")"}) {
    EXPECT_EQ(JudgeHeader(R"({"alg":"ES256","kid":"k1",)" +
                          std::string(parameter) + "}"),
              "ticket_invalid")
        << parameter;
  }
}

TEST(Forgery, TypIsJwtInAnyCaseOrAbsent) {
  const auto judge = [](const std::string& type) {
    return JudgeHeader(R"({"alg":"ES256","kid":"k1","typ":)" + type + "}");
  };
  for (const char* good : {R"("JWT")", R"("jwt")", R"("Jwt")"}) {
    EXPECT_EQ(judge(good), "");
  }
  for (const char* bad :
       {R"("")", R"("JWE")", R"("at+jwt")", R"("JWT ")", "null", "1", "[]"}) {
    EXPECT_EQ(judge(bad), "ticket_invalid") << bad;
  }
}

TEST(Forgery, DuplicateHeaderMembersAreRefused) {
  for (const char* header :
       {R"({"alg":"none","alg":"ES256","kid":"k1"})",
        R"({"alg":"ES256","alg":"ES256","kid":"k1"})",
        R"({"alg":"ES256","kid":"k2","kid":"k1"})",
        R"({"alg":"ES256","kid":"k1","\u0061lg":"none"})",
        R"({"alg":"ES256","kid":"k1","x":{"a":1,"a":2}})",
        R"({"alg":"ES256","kid":"k1","x":[[[[[[[[]]]]]]]]})",
        R"({"alg":"ES256","kid":"k1"} )"
        "x",
        "[]", "null"}) {
    EXPECT_EQ(JudgeHeader(header), "ticket_invalid") << header;
  }
}

TEST(Forgery, ThereAreExactlyThreeParts) {
  const std::string good = TheShop().GoodTicket();
  const size_t first = good.find('.');
  const size_t last = good.rfind('.');
  for (const std::string& ticket :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        good.substr(0, first), good.substr(0, last), good.substr(0, last + 1),
        good.substr(first), good.substr(first + 1), good + ".", good + ".AAAA",
        "." + good, good + good,
        good.substr(0, first) + ".." + good.substr(last + 1)}) {
    EXPECT_EQ(TheShop().Judge(ticket), "ticket_invalid") << ticket;
  }
}

TEST(Forgery, OneTicketHasOneSpelling) {
  const std::string good = TheShop().GoodTicket();
  for (const std::string& ticket :
       {good + "=", good + "==", good + "\n", " " + good, good + " ",
        "Bearer " + good, good + std::string(1, '\0'), good + "A"}) {
    EXPECT_EQ(TheShop().Judge(ticket), "ticket_invalid") << ticket;
  }
  // 64 signature bytes leave four unused bits in the last character: only one
  // of the 16 characters that decode to the same bytes is right.
  int accepted = 0;
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
                                       "mnopqrstuvwxyz0123456789-_")) {
    std::string ticket = good;
    ticket.back() = c;
    accepted += TheShop().Judge(ticket).empty() ? 1 : 0;
  }
  EXPECT_EQ(accepted, 1);
}

TEST(Forgery, AnEs256SignatureIsNotDer) {
  // RFC 7518 section 3.4: r and s side by side, never ASN.1.
  const std::string good = TheShop().GoodTicket();
  const auto joined = FromBase64Url(good.substr(good.rfind('.') + 1)).value();
  const auto integer = [](ByteView number) {
    Bytes bytes(number.begin(), number.end());
    while (bytes.size() > 1 && bytes[0] == 0) bytes.erase(bytes.begin());
    if (bytes[0] >= 0x80) bytes.insert(bytes.begin(), 0);
    bytes.insert(bytes.begin(), {0x02, static_cast<uint8_t>(bytes.size())});
    return bytes;
  };
  Bytes der = integer(ByteView(joined).first(32));
  const Bytes s = integer(ByteView(joined).last(32));
  der.insert(der.end(), s.begin(), s.end());
  der.insert(der.begin(), {0x30, static_cast<uint8_t>(der.size())});
  EXPECT_EQ(TheShop().Judge(Join(TheShop().GoodHeader(), kGoodPayload, der)),
            "ticket_invalid");
}

TEST(Forgery, AnAllZeroEs256SignatureIsRefused) {  // "psychic signatures"
  EXPECT_EQ(
      TheShop().Judge(Join(TheShop().GoodHeader(), kGoodPayload, Bytes(64, 0))),
      "ticket_invalid");
}

TEST(Forgery, ATruncatedHmacIsRefused) {
  const Shop shop(SignatureAlgorithm::kHs256);
  const std::string good = shop.GoodTicket();
  const auto mac = FromBase64Url(good.substr(good.rfind('.') + 1)).value();
  for (size_t size = 1; size < mac.size(); ++size) {
    EXPECT_EQ(shop.Judge(Join(shop.GoodHeader(), kGoodPayload,
                              ByteView(mac).first(size))),
              "ticket_invalid");
  }
}

TEST(Forgery, SizeIsBoundedBeforeAnythingIsRead) {
  // Pads with white space, which JSON allows, to reach a size exactly.
  const auto of_size = [](size_t size) {
    std::string payload(kGoodPayload);
    std::string ticket = TheShop().Ticket(payload);
    while (ticket.size() < size) {
      payload += ' ';
      ticket = TheShop().Ticket(payload);
    }
    return ticket;
  };
  const std::string largest = of_size(kMaxTicketSize - 2);
  ASSERT_LE(largest.size(), kMaxTicketSize);
  EXPECT_EQ(TheShop().Judge(largest), "");
  const std::string too_large = of_size(kMaxTicketSize + 1);
  EXPECT_EQ(TheShop().Judge(too_large), "ticket_invalid");
  EXPECT_EQ(TheShop().Judge(std::string(1 << 20, 'A')), "ticket_invalid");
}

TEST(Forgery, NoReasonQuotesTheTicket) {
  // Refusals go to the log; a ticket must not.
  const auto refused = TheShop().Verify("secret.secret.secret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(std::string(refused.error().reason).find("secret"),
            std::string::npos);
}

}  // namespace
}  // namespace usher::ticket
