// Attempts to get content without admission: all of them must fail, whatever
// the configuration does around the module.
#include <gtest/gtest.h>

#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr std::string_view kSecret = "TOP-SECRET-CONTENT";

class BypassTest : public ::testing::Test {
 protected:
  BypassTest() : origin_("", std::string(kSecret)) {
    nginx_.Write("media/film/v720/1.m4s", kSecret);
    nginx_.Write("media/film/index.html", kSecret);
  }
  void Start(std::string http) {
    for (size_t at; (at = http.find("ORIGIN")) != std::string::npos;) {
      http.replace(at, 6, origin_.address());
    }
    nginx_.Start(http);
  }
  void StartFiles(std::string_view more = {}) {
    Start("server { listen $port1; root $prefix/media; " + std::string(more) +
          " location / { usher on; } }");
  }
  // Neither status nor body gives anything away.
  void ExpectRefused(const std::string& target, const Headers& headers = {}) {
    ExpectRefused(Get(nginx_.port(), target, headers), target);
  }
  void ExpectRefused(const Answer& answer, std::string_view what) {
    EXPECT_FALSE(answer.body.contains(kSecret)) << what;
    EXPECT_TRUE(answer.status == 0 || answer.status >= 300) << what;
    EXPECT_NE(answer.status, 304) << what;
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(BypassTest, ReturnInTheSameLocationIsWithheld) {
  Start(
      "server { listen $port1; location / { usher on; return 200 "
      "TOP-SECRET-CONTENT; } }");
  ExpectRefused("/film/x");
  EXPECT_EQ(Get(nginx_.port(), "/film/x").status, 403);
  EXPECT_TRUE(nginx_.WaitForError("content without admission withheld"));
}

TEST_F(BypassTest, ReturnOfTheServerIsWithheldWhereUsherIsOn) {
  Start("server { listen $port1; usher on; return 200 TOP-SECRET-CONTENT; }");
  ExpectRefused("/film/x");
}

TEST_F(BypassTest, ReturnInsideIfIsWithheld) {
  Start(
      "server { listen $port1; location / { usher on; "
      "if ($http_x) { return 200 TOP-SECRET-CONTENT; } "
      "root $prefix/media; } }");
  ExpectRefused("/film/x", {"X: 1"});
}

TEST_F(BypassTest, SatisfyAnyDoesNotHelp) {
  Start(
      "server { listen $port1; location / { usher on; satisfy any; "
      "allow all; root $prefix/media; } }");
  EXPECT_EQ(Get(nginx_.port(), "/film/v720/1.m4s").status, 401);
}

TEST_F(BypassTest, RewritesAndInternalRedirectsIntoTheEventNeedATicket) {
  Start(R"(server { listen $port1; root $prefix/media;
    location /film/ { usher on; }
    location /last/ { rewrite ^/last/(.*)$ /film/$1 last; }
    location /if/ { if ($uri) { rewrite ^/if/(.*)$ /film/$1 last; } }
    location /error/ { error_page 404 /film/v720/1.m4s; }
    location /error2/ { error_page 404 =200 /film/v720/1.m4s; }
    location /try/ { try_files /none /film/v720/1.m4s; }
    location /index/ { index /film/v720/1.m4s; }
    location /named/ { error_page 404 = @named; }
    location @named { usher on; rewrite ^ /film/v720/1.m4s break; }
    location /accel/ { proxy_pass http://$port2; }
  }
  server { listen $port2; location / {
    add_header X-Accel-Redirect /film/v720/1.m4s; return 204; } })");
  nginx_.Write("media/index/x", "");
  for (const char* path :
       {"/last/v720/1.m4s", "/if/v720/1.m4s", "/error/x", "/error2/x", "/try/x",
        "/index/", "/named/x", "/accel/x"}) {
    const Answer answer = Get(nginx_.port(), path);
    ExpectRefused(answer, path);
    EXPECT_EQ(answer.status, 401) << path << nginx_.ErrorLog();
  }
}

TEST_F(BypassTest, SubrequestsOfAnOpenPageBringNothingProtected) {
  Start(R"(server { listen $port1; root $prefix/media;
    location /film/ { usher on; }
    location /ret/ { usher on; return 200 TOP-SECRET-CONTENT; }
    location /open/ { ssi on; ssi_types *; alias $prefix/open/; }
    location /added/ { alias $prefix/open/;
      add_after_body /film/v720/1.m4s; addition_types *; }
    location /mirror/ { mirror /film/v720/1.m4s; alias $prefix/open/; }
    location /auth/ { auth_request /film/v720/1.m4s; alias $prefix/open/; }
    location /slice/ { slice 4; proxy_pass http://$port1/film/v720/1.m4s;
      proxy_set_header Range $slice_range; }
  })");
  nginx_.Write("open/page.html",
               "[<!--#include virtual=\"/film/v720/1.m4s\" -->]");
  nginx_.Write("open/ret.html", "[<!--#include virtual=\"/ret/x\" -->]");
  for (const char* path : {"/open/page.html", "/open/ret.html",
                           "/added/page.html", "/mirror/page.html"}) {
    EXPECT_FALSE(Get(nginx_.port(), path).body.contains(kSecret)) << path;
  }
  ExpectRefused("/auth/page.html");
  ExpectRefused("/slice/x");
}

TEST_F(BypassTest, APageOfOneEventIncludesNothingOfAnother) {
  Start(R"(server { listen $port1; root $prefix/media; ssi on; ssi_types *;
    location / { usher on; } })");
  nginx_.Write("media/own/page.html",
               "[<!--#include virtual=\"/film/v720/1.m4s\" -->]"
               "[<!--#include virtual=\"/own/part.html\" -->]");
  nginx_.Write("media/own/part.html", "own part");
  const Answer answer =
      Get(nginx_.port(), SessionAt(nginx_.port(), "own") + "/own/page.html");
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.body.contains(kSecret));
  EXPECT_TRUE(answer.body.contains("[own part]")) << answer.body;
}

TEST_F(BypassTest, OneEventsSessionReachesNoOtherBySpelling) {
  nginx_.Write("media/own/x", "own");
  StartFiles();
  const std::string session = SessionAt(nginx_.port(), "own");
  for (const char* path :
       {"/own/../film/v720/1.m4s", "/own/%2e%2e/film/v720/1.m4s",
        "/own/..%2ffilm/v720/1.m4s", "/own%2f..%2ffilm/v720/1.m4s",
        "//film/v720/1.m4s", "/./film/v720/1.m4s", "/%66ilm/v720/1.m4s",
        "/own/..;/film/v720/1.m4s", "/own/%252e%252e/film/v720/1.m4s",
        "/own\\..\\film/v720/1.m4s", "/own/..%5cfilm/v720/1.m4s",
        "/FILM/v720/1.m4s", "/own%00/../film/v720/1.m4s",
        "/film/v720/1.m4s%00/own/x", "/film/v720/1.m4s?/own/x",
        "/film/v720/1.m4s#/own/x"}) {
    ExpectRefused(session + path);
  }
  EXPECT_EQ(Get(nginx_.port(), session + "/own/x").body, "own");
}

TEST_F(BypassTest, ACredentialInTheWrongPlaceOpensNothing) {
  StartFiles("merge_slashes off;");
  const std::string session = SessionAt(nginx_.port(), "film");
  const std::string path = "/film/v720/1.m4s";
  for (const std::string& target : std::vector<std::string>{
           "/s/x" + session + path, session + session + path,
           "/" + session + path, "//s/" + session.substr(3) + path,
           session + "/" + path, "/S" + session.substr(2) + path,
           session + "/../film/v720/1.m4s", "/s/" + path, "/s//film/v720/1.m4s",
           "/s/../film/v720/1.m4s", "/s" + path, "/s/%2e%2e" + path,
           "/x" + session + path, path + "/.." + session,
           "/film" + session + "/v720/1.m4s", session + "%00" + path,
           session + "x" + path}) {
    ExpectRefused(target);
  }
  EXPECT_EQ(Get(nginx_.port(), session + path).status, 200);
}

TEST_F(BypassTest, AnEscapedSlashInThePrefixIsStillOnePrefix) {
  StartFiles();
  const std::string session = SessionAt(nginx_.port(), "film");
  const std::string escaped =
      "/%73%2f" + session.substr(3) + "%2ffilm/v720/1.m4s";
  EXPECT_EQ(Get(nginx_.port(), escaped).body, kSecret)
      << "what nginx decodes is what is checked";
  ExpectRefused("/%73%2fjunk%2ffilm/v720/1.m4s");
}

TEST_F(BypassTest, UnusualRequestLinesGetNothing) {
  StartFiles();
  const uint16_t port = nginx_.port();
  for (const std::string& request : std::vector<std::string>{
           "GET /film/v720/1.m4s HTTP/1.0\r\n\r\n", "GET /film/v720/1.m4s\r\n",
           "GET http://127.0.0.1/film/v720/1.m4s HTTP/1.1\r\nHost: "
           "x\r\nConnection: close\r\n\r\n",
           "GET http://127.0.0.1/s/x/film/v720/1.m4s HTTP/1.1\r\nHost: "
           "x\r\nConnection: close\r\n\r\n",
           "GET /film/v720/1.m4s HTTP/1.1\r\nConnection: close\r\n\r\n",
           "HEAD /film/v720/1.m4s HTTP/1.0\r\nIf-Modified-Since: Fri, 01 Jan "
           "2100 00:00:00 GMT\r\n\r\n",
           "GET /" + std::string(7000, 'a') + " HTTP/1.0\r\n\r\n",
           "GET /" + std::string(70000, 'a') + " HTTP/1.0\r\n\r\n",
           "GET /film/" + std::string("\0", 1) + "v720/1.m4s HTTP/1.0\r\n\r\n",
           "POST /film/v720/1.m4s HTTP/1.1\r\nHost: x\r\nContent-Length: "
           "5\r\nTransfer-Encoding: chunked\r\nConnection: "
           "close\r\n\r\n0\r\n\r\nGET /film/v720/1.m4s HTTP/1.1\r\nHost: "
           "x\r\n\r\n",
           "POST /usher/session HTTP/1.1\r\nHost: x\r\nContent-Length: "
           "0\r\n\r\nGET /film/v720/1.m4s HTTP/1.1\r\nHost: x\r\nConnection: "
           "close\r\n\r\n"}) {
    const std::string answer = SendRaw(port, request);
    EXPECT_FALSE(answer.contains(kSecret)) << request.substr(0, 80);
    EXPECT_FALSE(answer.contains(" 200 OK")) << request.substr(0, 80);
    EXPECT_FALSE(answer.contains(" 304 ")) << request.substr(0, 80);
  }
}

TEST_F(BypassTest, RequestsRefusedBeforeTheFirstPhaseStayRefused) {
  nginx_.Write("media/open/400.html", "your fault");
  Start(R"(server { listen $port1; root $prefix/media;
    error_page 400 /film/v720/1.m4s;
    location / { } location /film/ { usher on; } }
  server { listen $port2; root $prefix/media; error_page 400 /open/400.html;
    location / { } location /film/ { usher on; } })");
  const std::string request = "GET /film/v720/1.m4s HTTP/1.1\r\n\r\n";
  EXPECT_FALSE(SendRaw(nginx_.port(1), request).contains(kSecret));
  EXPECT_TRUE(SendRaw(nginx_.port(2), request).contains("your fault"));
}

TEST_F(BypassTest, ConditionalRequestsTellNothing) {
  StartFiles();
  ExpectRefused("/film/v720/1.m4s", {"If-None-Match: *"});
  ExpectRefused("/film/v720/1.m4s",
                {"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"});
}

TEST_F(BypassTest, ConnectionsAreReusedWithoutAVerdict) {
  StartFiles();
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/v720/1.m4s";
  const std::string both =
      SendRaw(nginx_.port(), "GET " + url + " HTTP/1.1\r\nHost: x\r\n\r\n" +
                                 "GET /film/v720/1.m4s HTTP/1.1\r\nHost: "
                                 "x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(CountOf(both, kSecret), 1u) << both;
  EXPECT_EQ(CountOf(both, "401 Unauthorized"), 1u) << both;
}

TEST_F(BypassTest, AWarmCacheIsNoWayIn) {
  Start(
      "proxy_cache_path $prefix/cache keys_zone=c:1m;"
      "server { listen $port1; location / { usher on; proxy_cache c;"
      " proxy_cache_valid 200 1h; proxy_cache_key $usher_cache_key;"
      " proxy_pass http://ORIGIN; } }");
  const std::string session = SessionAt(nginx_.port(), "film");
  EXPECT_EQ(Get(nginx_.port(), session + "/film/1.m4s").body, kSecret);
  ExpectRefused("/film/1.m4s");
  ExpectRefused("/s/junk/film/1.m4s");
  ExpectRefused(SessionAt(nginx_.port(), "own") + "/film/1.m4s");
}

TEST_F(BypassTest, DavOnTheSameServerCannotBeReached) {
  Start(
      "server { listen $port1; location / { usher on; root $prefix/media; "
      "dav_methods PUT DELETE MKCOL COPY MOVE; } }");
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/v720/1.m4s";
  EXPECT_EQ(Ask(nginx_.port(), "PUT", url, {}, "overwritten").status, 405);
  EXPECT_EQ(Ask(nginx_.port(), "DELETE", url).status, 405);
  EXPECT_EQ(Get(nginx_.port(), url).body, kSecret);
}

}  // namespace
}  // namespace usher::testing
