// Types and ranges of the claims, one table each way. All are signed: it is
// the reader that must refuse, not the signature.
#include <gtest/gtest.h>

#include <string>

#include "tests/core/ticket/shop.h"

namespace usher::ticket {
namespace {

using ::usher::testing::TheShop;

constexpr const char* kSub = R"("sub":"t-1")";
constexpr const char* kEventClaim = R"("event":"fight")";
constexpr const char* kExp = R"("exp":1800003600)";

std::string Payload(std::initializer_list<std::string> members) {
  std::string json;
  for (const std::string& member : members) {
    json += (json.empty() ? "{" : ",") + member;
  }
  return json + "}";
}

std::string_view Judge(std::initializer_list<std::string> members) {
  return TheShop().Judge(TheShop().Ticket(Payload(members)), {.country = "DE"});
}

TEST(Claims, NeedExpSubAndEvent) {
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp}), "");
  EXPECT_EQ(Judge({kEventClaim, kExp}), "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kExp}), "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kEventClaim}), "ticket_invalid");
}

TEST(Claims, AllowASubjectOf1To128BytesOfPlainText) {
  const auto judge = [](const std::string& json) {
    return Judge({"\"sub\":" + json, kEventClaim, kExp});
  };
  EXPECT_EQ(judge('"' + std::string(128, 's') + '"'), "");
  EXPECT_EQ(judge('"' + std::string(129, 's') + '"'), "ticket_invalid");
  EXPECT_EQ(judge(R"("J\u00f6rg")"), "");
  // 64 characters of two bytes fit, 65 do not.
  std::string umlauts;
  for (int i = 0; i < 64; ++i) umlauts += "\xc3\xb6";
  EXPECT_EQ(judge('"' + umlauts + '"'), "");
  EXPECT_EQ(judge('"' + umlauts + "\xc3\xb6\""), "ticket_invalid");
  for (const char* bad : {R"("")", "1", "null", "true", R"(["t"])", "{}",
                          R"("a\u0000b")", R"("a\nb")", R"("a\u007f")"}) {
    EXPECT_EQ(judge(bad), "ticket_invalid") << bad;
  }
}

TEST(Claims, AllowAnEventOrAListOfEvents) {
  for (const char* bad :
       {R"("")", "1", "null", "true", "[]", "{}", R"([""])", R"(["fight",""])",
        R"(["fight",1])", R"(["fight",null])", R"([["fight"]])",
        R"({"fight":true})", R"("fight\u0000")"}) {
    EXPECT_EQ(Judge({kSub, std::string("\"event\":") + bad, kExp}),
              "ticket_invalid")
        << bad;
  }
}

constexpr const char* kNoDates[] = {R"("1800003600")",
                                    "null",
                                    "true",
                                    "[]",
                                    "{}",
                                    "-1",
                                    "-1.5",
                                    "1e300",
                                    "-1e300",
                                    "253402300800",
                                    "1800003600000",  // milliseconds
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "99999999999999999999999999999999"};

TEST(Claims, AllowDatesFrom1970To9999) {
  for (const char* bad : kNoDates) {
    EXPECT_EQ(Judge({kSub, kEventClaim, std::string("\"exp\":") + bad}),
              "ticket_invalid")
        << bad;
    EXPECT_EQ(Judge({kSub, kEventClaim, kExp, std::string("\"nbf\":") + bad}),
              "ticket_invalid")
        << bad;
    EXPECT_EQ(Judge({kSub, kEventClaim, kExp, std::string("\"iat\":") + bad}),
              "ticket_invalid")
        << bad;
  }
  EXPECT_EQ(Judge({kSub, kEventClaim, R"("exp":253402300799)"}), "");
  EXPECT_EQ(Judge({kSub, kEventClaim, R"("exp":0)"}), "ticket_expired");
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, R"("nbf":0,"iat":0.5)"}), "");
}

TEST(Claims, AllowSeatsFrom1To255) {
  for (const char* good : {"1", "2", "255"}) {
    EXPECT_EQ(
        Judge({kSub, kEventClaim, kExp, std::string("\"seats\":") + good}), "");
  }
  for (const char* bad :
       {"0", "256", "-1", "1.0", "1.5", "1e1", R"("1")", "null", "true", "[1]",
        "4294967297", "18446744073709551617"}) {
    EXPECT_EQ(Judge({kSub, kEventClaim, kExp, std::string("\"seats\":") + bad}),
              "ticket_invalid")
        << bad;
  }
}

TEST(Claims, AllowTextOnlyWhereTextIsMeant) {
  for (const char* name : {"iss", "jti"}) {
    for (const char* bad :
         {"1", "null", "true", "[]", R"(["x"])", "{}", R"("a\u0000b")"}) {
      EXPECT_EQ(Judge({kSub, kEventClaim, kExp,
                       '"' + std::string(name) + "\":" + bad}),
                "ticket_invalid")
          << name << bad;
    }
  }
  for (const char* bad :
       {"1", "null", "[]", "{}", "[1]", R"(["x",null])", R"("")", R"([""])"}) {
    EXPECT_EQ(Judge({kSub, kEventClaim, kExp, std::string("\"aud\":") + bad}),
              "ticket_invalid")
        << bad;
  }
}

TEST(Claims, AllowCountriesOfTwoLettersOnly) {
  for (const char* bad :
       {"1", "null", "[]", "{}", R"("")", R"("DEU")", R"("D")", R"("D1")",
        R"(["DE",1])", R"(["DE","\u00c4\u00c4"])", R"("DE,AT")"}) {
    EXPECT_EQ(Judge({kSub, kEventClaim, kExp, std::string("\"cc\":") + bad}),
              "ticket_invalid")
        << bad;
  }
}

TEST(Claims, RefuseRestrictionsThatNobodyHereEnforces) {
  for (const char* name :
       {"cdniip", "cdniuc", "cdnicrit", "cdnistd", "catu", "catnip", "catm",
        "catreplay", "catgeoiso3166", "cattpk", "catdpop", "catif", "cnf",
        "crit", "ip", "geohash"}) {
    EXPECT_EQ(
        Judge({kSub, kEventClaim, kExp, '"' + std::string(name) + R"(":"x")"}),
        "ticket_invalid")
        << name;
  }
}

TEST(Claims, IgnoreWhatIsOnlyInformation) {
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp,
                   R"("name":"x","category":"vip","order":{"id":[1,2]})"}),
            "");
}

TEST(Claims, RefuseDuplicatesDeepNestingAndOtherShapes) {
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, kExp}), "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kEventClaim, R"("exp":1,"exp":1800003600)"}),
            "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, R"("\u0065vent":"gala")"}),
            "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, R"("o":{"a":1,"a":2})"}),
            "ticket_invalid");
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, R"("o":[[[[[[[]]]]]]])"}), "");
  EXPECT_EQ(Judge({kSub, kEventClaim, kExp, R"("o":[[[[[[[[]]]]]]]])"}),
            "ticket_invalid");
  for (const char* payload : {"[]", "null", "\"x\"", "1", "{", "x"}) {
    EXPECT_EQ(TheShop().Judge(TheShop().Ticket(payload)), "ticket_invalid");
  }
}

}  // namespace
}  // namespace usher::ticket
