// POST and DELETE /usher/session.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

class SessionEndpointTest : public ::testing::Test {
 protected:
  void Start(std::string_view directives = {}) {
    nginx_.Start("server { listen $port1; " + std::string(directives) +
                 " location / { usher on; proxy_pass http://" +
                 origin_.address() +
                 "; } location /open/ { }"
                 " location /pinned/ { usher on; usher_issuer shop; }"
                 " location = /status { usher_status; } }");
  }
  Answer Post(const Json& body, Headers headers = {}) {
    headers.push_back("Content-Type: application/json");
    return Ask(nginx_.port(), "POST", "/usher/session", headers, body.dump());
  }
  std::string Ticket(std::string_view event = "film") {
    return BoxOffice::The().Ticket(event);
  }
  std::string Host() const {
    return "127.0.0.1:" + std::to_string(nginx_.port());
  }
  std::string Status() { return Get(nginx_.port(), "/status").body; }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(SessionEndpointTest, ATicketInTheBodyOpensASession) {
  Start();
  const Answer answer = Post({{"ticket", Ticket()}, {"event", "film"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.Header("Content-Type"), "application/json");
  EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
  const Json session = Json::parse(answer.body);
  const std::string base = session["base"];
  EXPECT_EQ(CredentialOf(base).size(), 80u);
  EXPECT_TRUE(base.ends_with("/film/"));
  EXPECT_EQ(session["license"], "http://" + Host() + base + "key/");
  EXPECT_GT(session["expires"].get<int64_t>(), UnixNow());
  EXPECT_EQ(Get(nginx_.port(), base + "master.m3u8").status, 200);
}

TEST_F(SessionEndpointTest, SoDoesATicketInTheAuthorizationHeader) {
  Start();
  const Answer answer = Ask(nginx_.port(), "POST", "/usher/session",
                            {"Authorization: Bearer " + Ticket()});
  EXPECT_EQ(answer.status, 200) << "the ticket names its one event";
  EXPECT_EQ(
      Post({{"event", "film"}}, {"Authorization: Bearer " + Ticket()}).status,
      200);
}

TEST_F(SessionEndpointTest, ItTakesTheSeatAtOnce) {
  Start();
  Post({{"ticket", Ticket()}});
  EXPECT_TRUE(Status().contains("\"live\": 1")) << Status();
}

TEST_F(SessionEndpointTest, RefusalsSayWhy) {
  Start();
  ticket::Claims many = BoxOffice::The().Claims("film");
  many.events = {"film", "film-2"};
  const struct {
    Json body;
    int status;
    const char* code;
  } cases[] = {
      {Json::object(), 401, "ticket_missing"},
      {{{"ticket", "junk"}}, 403, "ticket_invalid"},
      {{{"ticket", "junk"}, {"event", "film"}}, 403, "ticket_invalid"},
      {{{"ticket", Ticket()}, {"event", "film-2"}}, 403, "ticket_scope"},
      {{{"ticket", Ticket()}, {"event", "../film"}}, 403, "ticket_scope"},
      {{{"ticket", Ticket("open")}}, 403, "ticket_scope"},
      {{{"ticket", BoxOffice::The().Ticket(many)}}, 403, "ticket_scope"},
      {{{"ticket", 7}}, 400, "bad_request"},
      {Json::array({1}), 400, "bad_request"},
  };
  for (const auto& each : cases) {
    const Answer answer = Post(each.body);
    EXPECT_EQ(answer.status, each.status) << each.body.dump().substr(0, 40);
    EXPECT_EQ(answer.Code(), each.code) << each.body.dump().substr(0, 40);
  }
  EXPECT_EQ(Post({{"ticket", BoxOffice::The().Ticket(many)}, {"event", "film"}})
                .status,
            200);
}

TEST_F(SessionEndpointTest, TheEventsOwnLocationSaysWhatTheTicketMustSay) {
  Start();
  EXPECT_EQ(Post({{"ticket", Ticket("pinned")}}).status, 403);
  ticket::Claims claims = BoxOffice::The().Claims("pinned");
  claims.issuer = "shop";
  EXPECT_EQ(Post({{"ticket", BoxOffice::The().Ticket(claims)}}).status, 200);
}

TEST_F(SessionEndpointTest, OnlyKnownPagesMayOpenSessions) {
  Start("usher_origins https://shop.example;");
  const Json body = {{"ticket", Ticket()}};
  EXPECT_EQ(Post(body, {"Origin: https://shop.example"}).status, 200);
  EXPECT_EQ(Post(body, {"Origin: http://" + Host()}).status, 200);
  EXPECT_EQ(Post(body, {"Origin: https://evil.example"}).status, 403);
  EXPECT_EQ(Post(body, {"Origin: null"}).status, 403);
  EXPECT_EQ(Post(body, {"Origin: https://shop.example.evil"}).status, 403);
}

TEST_F(SessionEndpointTest, ACookieIsNeverATicketHere) {
  Start("usher_ticket_from cookie:ticket;");
  EXPECT_EQ(Ask(nginx_.port(), "POST", "/usher/session",
                {"Cookie: ticket=" + Ticket()})
                .status,
            401);
}

TEST_F(SessionEndpointTest, BodiesAreJsonAndSmall) {
  Start();
  const std::string body = Json({{"ticket", Ticket()}}).dump();
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                           "application/jsonp", "multipart/form-data"}) {
    EXPECT_EQ(Ask(nginx_.port(), "POST", "/usher/session",
                  {std::string("Content-Type: ") + type}, body)
                  .status,
              415)
        << type;
  }
  EXPECT_EQ(Post({{"ticket", std::string(9000, 'x')}}).status, 413);
  std::string chunked =
      "POST /usher/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i)
    chunked += "400\r\n" + std::string(1024, ' ') + "\r\n";
  EXPECT_EQ(ParseAnswer(SendRaw(nginx_.port(), chunked + "0\r\n\r\n")).status,
            413);
}

TEST_F(SessionEndpointTest, ABodyMayComeLate) {
  Start();
  const std::string body = Json({{"ticket", Ticket()}}).dump();
  SlowClient client(nginx_.port());
  client.Send(
      "POST /usher/session HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("100 Continue\r\n\r\n"));
  client.Send(body.substr(0, 10));
  client.Send(body.substr(10));
  EXPECT_EQ(ParseAnswer(client.ReadToEnd()).status, 200);
}

TEST_F(SessionEndpointTest, NestedOrDoubledJsonIsRefused) {
  Start();
  const Headers json = {"Content-Type: application/json"};
  for (const std::string& body :
       {R"({"ticket":"a","ticket":"b"})" + std::string(),
        std::string(4000, '[') + std::string(4000, ']'),
        std::string("{\"ticket\":\"\\u0000\"}"), std::string("{"),
        std::string("null"), std::string("\xff\xfe{}")}) {
    EXPECT_EQ(Ask(nginx_.port(), "POST", "/usher/session", json, body).status,
              400)
        << body.substr(0, 40);
  }
}

TEST_F(SessionEndpointTest, OtherMethodsAreRefusedAndPreflightAnswered) {
  Start();
  const Answer refused = Get(nginx_.port(), "/usher/session");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.Header("Allow"), "OPTIONS, POST, DELETE");
  const Answer preflight = Ask(nginx_.port(), "OPTIONS", "/usher/session");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.Header("Access-Control-Allow-Methods"),
            "OPTIONS, POST, DELETE");
}

TEST_F(SessionEndpointTest, ASessionIsGivenBackByItsPathHeaderOrBody) {
  Start();
  for (int way = 0; way < 3; ++way) {
    const Json opened = Json::parse(Post({{"ticket", Ticket()}}).body);
    const std::string session = CredentialOf(opened["base"].get<std::string>());
    ASSERT_TRUE(Status().contains("\"live\": 1"));
    const std::string path = "/usher/session";
    const Answer answer =
        way == 0   ? Ask(nginx_.port(), "DELETE", "/s/" + session + path)
        : way == 1 ? Ask(nginx_.port(), "DELETE", path,
                         {"Authorization: Bearer " + session})
                   : Ask(nginx_.port(), "DELETE", path,
                         {"Content-Type: application/json"},
                         Json({{"session", session}}).dump());
    EXPECT_EQ(answer.status, 204) << way;
    EXPECT_TRUE(Status().contains("\"live\": 0")) << way;
  }
}

TEST_F(SessionEndpointTest, AForgedSessionIsNotGivenBack) {
  Start();
  EXPECT_EQ(Ask(nginx_.port(), "DELETE", "/s/junk/usher/session").Code(),
            "session_invalid");
  EXPECT_EQ(Ask(nginx_.port(), "DELETE", "/usher/session").Code(),
            "session_invalid");
}

TEST_F(SessionEndpointTest, ItWorksOverHttpTwo) {
  nginx_.Start(
      "server { listen $port1 http2; location / { usher on; root "
      "$prefix/none; } }");
  const Answer answer = GetUrl("http://" + Host() + "/usher/session",
                               {"--http2-prior-knowledge", "-X", "POST", "-H",
                                "Content-Type: application/json", "-d",
                                Json({{"ticket", Ticket()}}).dump()});
  EXPECT_EQ(answer.status, 200) << answer.body;
  const Json session = Json::parse(answer.body);
  EXPECT_EQ(session["license"],
            "http://" + Host() + session["base"].get<std::string>() + "key/");
}

}  // namespace
}  // namespace usher::testing
