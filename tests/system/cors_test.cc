// What a browser needs to see on every answer, errors included.
#include <gtest/gtest.h>

#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr const char* kUpstreamCors =
    "Access-Control-Allow-Origin: https://origin.example\r\n"
    "Access-Control-Allow-Credentials: true\r\n"
    "Access-Control-Expose-Headers: X-Origin\r\n";

class CorsTest : public ::testing::Test {
 protected:
  CorsTest() : origin_(kUpstreamCors) {}
  void ExpectOneWildcard(const Answer& answer, std::string_view what) {
    EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1u) << what;
    EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "*") << what;
    EXPECT_EQ(answer.Count("Access-Control-Allow-Credentials"), 0u) << what;
    EXPECT_EQ(answer.Count("Access-Control-Expose-Headers"), 1u) << what;
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(CorsTest, EveryAnswerHasExactlyOneAllowOrigin) {
  nginx_.Start(
      "add_header Access-Control-Allow-Origin https://admin.example always;"
      "server { listen $port1; client_max_body_size 100;"
      " location / { usher on; proxy_pass http://" +
      origin_.address() +
      "; }"
      " location /down/ { usher on; proxy_pass http://$port3; }"
      " location /files/ { usher on; root $prefix/none; }"
      " location /open/ { return 200 open; }"
      " location /moved/ { return 301 /open/; } }");
  const uint16_t port = nginx_.port();
  const std::string film = SessionAt(port, "film");
  const std::string ticket = BoxOffice::The().Ticket("film");
  const struct {
    const char* name;
    int status;
    Answer answer;
  } cases[] = {
      {"served", 200, Get(port, film + "/film/x")},
      {"head", 200, Ask(port, "HEAD", film + "/film/x")},
      {"no ticket", 401, Get(port, "/film/x")},
      {"redirect", 302, Get(port, "/film/x?ticket=" + ticket)},
      {"bad path", 400, Get(port, "/film/a;b")},
      {"method", 405, Ask(port, "PUT", "/film/x")},
      {"preflight", 204, Ask(port, "OPTIONS", "/film/x")},
      {"missing", 404, Get(port, SessionAt(port, "files") + "/files/x")},
      {"upstream down", 502, Get(port, SessionAt(port, "down") + "/down/x")},
      {"open", 200, Get(port, "/open/x")},
      {"moved", 301, Get(port, "/moved/x")},
      {"session", 200,
       Ask(port, "POST", "/usher/session",
           {"Authorization: Bearer " + ticket})},
      {"body too large", 413,
       Ask(port, "POST", "/open/x", {}, std::string(200, 'x'))},
      {"not parsed", 400,
       ParseAnswer(SendRaw(port, "GET /film/x HTTP/1.1\r\n\r\n"))},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(each.answer.status, each.status) << each.name;
    ExpectOneWildcard(each.answer, each.name);
  }
}

TEST_F(CorsTest, ErrorsOfProtectedLocationsAreNeverStored) {
  nginx_.Start(
      "add_header Cache-Control max-age=60 always;"
      "server { listen $port1; location / { usher on; root $prefix/none; } }");
  const uint16_t port = nginx_.port();
  for (const Answer& answer :
       {Get(port, SessionAt(port, "film") + "/film/x"), Get(port, "/film/x"),
        Get(port, "/film/x?ticket=" + BoxOffice::The().Ticket("film"))}) {
    EXPECT_EQ(answer.Count("Cache-Control"), 1u) << answer.status;
    EXPECT_EQ(answer.Header("Cache-Control"), "no-store") << answer.status;
    EXPECT_EQ(answer.Header("Referrer-Policy"), "no-referrer");
  }
}

TEST_F(CorsTest, TheOriginDecidesHowLongContentIsKept) {
  RecordingOrigin origin("Cache-Control: public, max-age=31536000\r\n");
  nginx_.Start(
      "server { listen $port1; location / { usher on; proxy_pass "
      "http://" +
      origin.address() + "; } }");
  EXPECT_EQ(Get(nginx_.port(), SessionAt(nginx_.port(), "film") + "/film/1.m4s")
                .Header("Cache-Control"),
            "public, max-age=31536000");
}

TEST_F(CorsTest, TheRedirectNamesNeitherSchemeNorPort) {
  nginx_.Start(
      "absolute_redirect on; server_name_in_redirect on; port_in_redirect on;"
      "server { listen $port1; server_name edge.example;"
      " location / { usher on; root $prefix/none; } }"
      "server { listen $port2 http2; location / { usher on; } }");
  const std::string ticket = BoxOffice::The().Ticket("film");
  EXPECT_TRUE(LedTo(nginx_.port(1), "/film/x", ticket).starts_with("/s/"));
  EXPECT_TRUE(GetHttp2(nginx_.port(2), "/film/x?ticket=" + ticket)
                  .Header("Location")
                  .starts_with("/s/"));
}

}  // namespace
}  // namespace usher::testing
