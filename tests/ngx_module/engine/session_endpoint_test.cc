#include "ngx_module/engine/session_endpoint.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/base64url.h"

namespace usher::engine {
namespace {

TEST(SessionBodyTest, MembersAreTextsAndOptional) {
  const auto body = ReadSessionBody(R"({"ticket":"t","event":"e","x":1})");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->ticket, "t");
  EXPECT_EQ(body->event, "e");
  EXPECT_EQ(body->session, "");
  EXPECT_TRUE(ReadSessionBody(""));
  EXPECT_TRUE(ReadSessionBody("{}"));
}

TEST(SessionBodyTest, EverythingElseIsRefused) {
  for (const char* body :
       {"null", "[]", "{", R"({"ticket":1})", R"({"event":null})",
        R"({"session":{}})", R"({"ticket":"a","ticket":"b"})", "\"ticket\""}) {
    EXPECT_FALSE(ReadSessionBody(body)) << body;
  }
}

std::string TicketSaying(std::string_view payload) {
  return "h." + ToBase64Url(AsBytes(payload)) + ".s";
}

TEST(OnlyEventTest, IsTheOneEventATicketNames) {
  EXPECT_EQ(OnlyEventOf(TicketSaying(R"({"event":"film"})")), "film");
  EXPECT_EQ(OnlyEventOf(TicketSaying(R"({"event":["film"]})")), "film");
  for (const char* payload :
       {R"({"event":["a","b"]})", R"({"event":[]})", R"({"event":7})",
        R"({"event":[7]})", "{}", "null", "junk"}) {
    EXPECT_EQ(OnlyEventOf(TicketSaying(payload)), "") << payload;
  }
  for (const char* ticket : {"", ".", "..", "a", "a.b", "a.!.b"}) {
    EXPECT_EQ(OnlyEventOf(ticket), "") << ticket;
  }
}

TEST(OriginTest, OwnPagesListedPagesAndAppsAreAllowed) {
  const std::string_view shop[] = {"https://shop.example"};
  const auto allowed = [&](std::string_view origin, std::string_view site) {
    return IsOriginAllowed(origin, site, "edge.example:8443", shop);
  };
  EXPECT_TRUE(allowed("", ""));
  EXPECT_TRUE(allowed("https://edge.example:8443", ""));
  EXPECT_TRUE(allowed("https://other.example", "same-origin"));
  EXPECT_TRUE(allowed("https://shop.example", "cross-site"));
  EXPECT_FALSE(allowed("https://edge.example", "same-site"));
  EXPECT_FALSE(allowed("https://evil.example", "cross-site"));
  EXPECT_FALSE(allowed("null", ""));
  const std::string_view any[] = {"*"};
  EXPECT_TRUE(IsOriginAllowed("https://x.example", "", "edge", any));
}

TEST(SessionJsonTest, TellsWhereToPlayAndWhereLicencesAre) {
  const auto json = nlohmann::json::parse(SessionJson({.scheme = "https",
                                                       .host = "h:1",
                                                       .event = "film",
                                                       .credential = "C",
                                                       .expires = 7}));
  EXPECT_EQ(json, (nlohmann::json{{"base", "/s/C/film/"},
                                  {"license", "https://h:1/s/C/film/key/"},
                                  {"expires", 7}}));
}

}  // namespace
}  // namespace usher::engine
