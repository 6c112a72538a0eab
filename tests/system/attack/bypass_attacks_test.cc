// Attempts to get content without admission: all of them must fail, whatever
// the configuration does around the module. Each over HTTP/1.1 and HTTP/2, with
// the one status and code that it must get.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/attack/attack.h"
#include "tests/system/attack/http2_client.h"
#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr std::string_view kSecret = "TOP-SECRET-CONTENT";

class BypassAttacks : public ::testing::Test {
 protected:
  BypassAttacks() : origin_("", std::string(kSecret)) {
    nginx_.Write("media/film/v720/1.m4s", kSecret);
    nginx_.Write("media/film/index.html", kSecret);
  }
  // What listens on port 1 speaks HTTP/2 on port 4.
  void Start(std::string http) {
    const auto replace = [&http](std::string_view from, std::string_view to) {
      for (size_t at = 0; (at = http.find(from, at)) != std::string::npos;
           at += to.size()) {
        http.replace(at, from.size(), to);
      }
    };
    replace("ORIGIN", origin_.address());
    replace("listen $port1;", "listen $port1; listen $port4 http2;");
    nginx_.Start(http);
  }
  void StartFiles(std::string_view more = {}) {
    Start("server { listen $port1; root $prefix/media; " + std::string(more) +
          " location / { usher on; } }");
  }
  void Withstands(const std::vector<Attack>& attacks) {
    const auto gives_away = [](std::string_view text) {
      return text.contains(kSecret);
    };
    for (const Attack& attack : attacks) {
      ExpectAnswer(attack,
                   Ask(nginx_.port(1), attack.method, attack.target,
                       attack.headers, attack.body),
                   "HTTP/1.1", gives_away);
      ExpectAnswer(attack,
                   AskHttp2(nginx_.port(4), attack.method, attack.target,
                            attack.headers, attack.body),
                   "HTTP/2", gives_away);
    }
  }
  // The same answer to each of these paths.
  void Withstands(const std::vector<std::string>& targets, int status,
                  std::string_view code) {
    std::vector<Attack> attacks;
    attacks.reserve(targets.size());
    for (const std::string& target : targets) {
      attacks.push_back(
          {.name = target, .target = target, .status = status, .code = code});
    }
    Withstands(attacks);
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(BypassAttacks, ReturnInTheSameLocationIsWithheld) {
  Start(
      "server { listen $port1; location / { usher on; return 200 "
      "TOP-SECRET-CONTENT; } }");
  Withstands({"/film/x", "/film/", "/"}, 403, {});
  EXPECT_TRUE(nginx_.WaitForError("content without admission withheld"));
}

TEST_F(BypassAttacks, ReturnOfTheServerIsWithheldWhereUsherIsOn) {
  Start("server { listen $port1; usher on; return 200 TOP-SECRET-CONTENT; }");
  Withstands({"/film/x"}, 403, {});
}

TEST_F(BypassAttacks, ReturnInsideIfIsWithheld) {
  Start(
      "server { listen $port1; location / { usher on; "
      "if ($http_x) { return 200 TOP-SECRET-CONTENT; } "
      "root $prefix/media; } }");
  Withstands({{.name = "return in if",
               .target = "/film/v720/1.m4s",
               .status = 403,
               .headers = {"X: 1"}}});
  Withstands({"/film/v720/1.m4s"}, 401, "ticket_missing");
}

TEST_F(BypassAttacks, SatisfyAnyDoesNotHelp) {
  nginx_.Write("htpasswd", "somebody:{PLAIN}known\n");
  Start(R"(server { listen $port1; root $prefix/media; satisfy any;
    location / { usher on; allow all; }
    location /film/basic/ { usher on; allow all; auth_basic x;
      auth_basic_user_file $prefix/htpasswd; alias $prefix/media/film/v720/; }
    location /film/auth/ { usher on; auth_request /yes;
      alias $prefix/media/film/v720/; }
    location = /yes { internal; return 204; } })");
  Withstands({"/film/v720/1.m4s", "/film/basic/1.m4s", "/film/auth/1.m4s"}, 401,
             "ticket_missing");
  Withstands({{.name = "a password is no ticket",
               .target = "/film/basic/1.m4s",
               .status = 401,
               .code = "ticket_missing",
               // somebody:known
               .headers = {"Authorization: Basic c29tZWJvZHk6a25vd24="}}});
}

TEST_F(BypassAttacks, ALocationInsideAnotherAsksForItself) {
  Start(R"(server { listen $port1; root $prefix/media;
    location / { usher on;
      location /film/v720/ { }
      location ~ \.m4s$ { }
      location ^~ /film/aliased/ { alias $prefix/media/film/v720/;
        location ~ /inner/([^/]+)$ { alias $prefix/media/film/v720/$1; } } }
    location /open/ { usher off; alias $prefix/media/;
      location /open/film/ { usher on; alias $prefix/media/film/; } }
    location /limited/ { usher on; alias $prefix/media/film/v720/;
      limit_except GET { deny all; } }
    location /iffy/ { usher on; alias $prefix/media/film/v720/;
      if ($http_x) { set $y 1; } } })");
  Withstands({"/film/v720/1.m4s", "/film/x.m4s", "/film/aliased/1.m4s",
              "/film/aliased/inner/1.m4s", "/open/film/v720/1.m4s",
              "/limited/1.m4s", "/iffy/1.m4s"},
             401, "ticket_missing");
  Withstands({{.name = "limited, another method",
               .target = "/limited/1.m4s",
               .status = 405,
               .code = "method_not_allowed",
               .method = "POST"},
              {.name = "inside if",
               .target = "/iffy/1.m4s",
               .status = 401,
               .code = "ticket_missing",
               .headers = {"X: 1"}}});
}

TEST_F(BypassAttacks, RewritesAndInternalRedirectsIntoTheEventNeedATicket) {
  Start(R"(server { listen $port1; root $prefix/media;
    location /film/ { usher on; }
    location /own/ { usher on; }
    location /last/ { rewrite ^/last/(.*)$ /film/$1 last; }
    location /if/ { if ($uri) { rewrite ^/if/(.*)$ /film/$1 last; } }
    location /error/ { error_page 404 /film/v720/1.m4s; }
    location /error2/ { error_page 404 =200 /film/v720/1.m4s; }
    location /error3/ { error_page 403 /film/v720/1.m4s; deny all; }
    location /error4/ { recursive_error_pages on;
      error_page 404 /error2/none; }
    location /try/ { try_files /none /film/v720/1.m4s; }
    location /try2/ { try_files /none @named; }
    location /index/ { index /film/v720/1.m4s; }
    location /named/ { error_page 404 = @named; }
    location @named { usher on; rewrite ^ /film/v720/1.m4s break; }
    location /accel/ { proxy_pass http://$port2; }
    location /accel2/ { proxy_pass http://$port2/named; }
    location /cached/ { proxy_pass http://$port2; proxy_cache c;
      proxy_cache_valid 204 1h; }
  }
  proxy_cache_path $prefix/cache keys_zone=c:1m;
  server { listen $port2;
    location / { add_header X-Accel-Redirect /film/v720/1.m4s; return 204; }
    location = /namedx { add_header X-Accel-Redirect @named; return 204; } })");
  nginx_.Write("media/index/x", "");
  std::vector<std::string> targets = {"/last/v720/1.m4s",
                                      "/if/v720/1.m4s",
                                      "/error/x",
                                      "/error2/x",
                                      "/error3/x",
                                      "/error4/x",
                                      "/try/x",
                                      "/try2/x",
                                      "/index/",
                                      "/named/x",
                                      "/accel/x",
                                      "/accel2/x",
                                      "/accel2/../last/v720/1.m4s",
                                      "/cached/x",
                                      "/cached/x"};
  Withstands(targets, 401, "ticket_missing");
  // With a session of another event it is the film all the same.
  const std::string own = SessionAt(nginx_.port(), "own");
  for (std::string& target : targets) target.insert(0, own);
  Withstands(targets, 403, "session_invalid");
}

TEST_F(BypassAttacks, SubrequestsOfAnOpenPageBringNothingProtected) {
  Start(R"(server { listen $port1; root $prefix/media;
    location /film/ { usher on; }
    location /ret/ { usher on; return 200 TOP-SECRET-CONTENT; }
    location /open/ { ssi on; ssi_types *; alias $prefix/open/; }
    location /added/ { alias $prefix/open/;
      add_after_body /film/v720/1.m4s; addition_types *; }
    location /before/ { alias $prefix/open/;
      add_before_body /film/v720/1.m4s; addition_types *; }
    location /mirror/ { mirror /film/v720/1.m4s; alias $prefix/open/; }
    location /auth/ { auth_request /film/v720/1.m4s; alias $prefix/open/; }
    location /slice/ { slice 4; proxy_pass http://$port1/film/v720/1.m4s;
      proxy_set_header Range $slice_range; }
  })");
  nginx_.Write("open/page.html",
               "[<!--#include virtual=\"/film/v720/1.m4s\" -->]");
  nginx_.Write("open/ret.html", "[<!--#include virtual=\"/ret/x\" -->]");
  nginx_.Write("open/set.html",
               "<!--#include virtual=\"/film/v720/1.m4s\" set=\"x\" -->"
               "[<!--#echo var=\"x\" -->]");
  // The page itself is for everybody.
  Withstands({"/open/page.html", "/open/set.html", "/added/page.html",
              "/before/page.html", "/mirror/page.html"},
             200, {});
  Withstands({"/auth/page.html"}, 403, {});
  Withstands({"/slice/x"}, 401, "ticket_missing");
  // What a subrequest withholds so late ends its page, too: HTTP/1.1 has sent
  // nothing by then, HTTP/2 the page's head.
  EXPECT_EQ(Get(nginx_.port(1), "/open/ret.html").status, 0);
  const Answer ended = AskHttp2(nginx_.port(4), "GET", "/open/ret.html");
  EXPECT_FALSE(ended.body.contains(kSecret)) << ended.body;
}

TEST_F(BypassAttacks, APageOfOneEventIncludesNothingOfAnother) {
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

TEST_F(BypassAttacks, ACredentialInTheWrongPlaceOpensNothing) {
  StartFiles("merge_slashes off;");
  const std::string session = SessionAt(nginx_.port(), "film");
  const std::string path = "/film/v720/1.m4s";
  Withstands({"/s/x" + session + path, session + session + path,
              "/" + session + path, "//s/" + session.substr(3) + path,
              session + "/" + path, "/S" + session.substr(2) + path,
              "/s/" + path, "/s//film/v720/1.m4s", "/x" + session + path,
              path + "/.." + session, "/film" + session + "/v720/1.m4s"},
             400, "bad_request");
  EXPECT_EQ(Get(nginx_.port(), session + path).status, 200);
}

TEST_F(BypassAttacks, AnEscapedSlashInThePrefixIsStillOnePrefix) {
  StartFiles();
  const std::string session = SessionAt(nginx_.port(), "film");
  const std::string escaped =
      "/%73%2f" + session.substr(3) + "%2ffilm/v720/1.m4s";
  EXPECT_EQ(Get(nginx_.port(), escaped).body, kSecret)
      << "what nginx decodes is what is checked";
  Withstands({"/%73%2fjunk%2ffilm/v720/1.m4s"}, 403, "session_invalid");
}

TEST_F(BypassAttacks, RequestsRefusedBeforeTheFirstPhaseStayRefused) {
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

TEST_F(BypassAttacks, ConditionalRequestsTellNothingOfAFile) {
  StartFiles();
  std::vector<Attack> attacks;
  for (const char* header :
       {"If-None-Match: *", "If-Match: \"x\"", "Range: bytes=0-3",
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"}) {
    attacks.push_back({.name = header,
                       .target = "/film/v720/1.m4s",
                       .status = 401,
                       .code = "ticket_missing",
                       .headers = {header}});
  }
  Withstands(attacks);
}

TEST_F(BypassAttacks, ConnectionsAreReusedWithoutAVerdict) {
  StartFiles();
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/v720/1.m4s";
  const std::string both =
      SendRaw(nginx_.port(), "GET " + url + " HTTP/1.1\r\nHost: x\r\n\r\n" +
                                 "GET /film/v720/1.m4s HTTP/1.1\r\nHost: "
                                 "x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(CountOf(both, kSecret), 1u) << both;
  EXPECT_EQ(CountOf(both, "401 Unauthorized"), 1u) << both;
}

TEST_F(BypassAttacks, AWarmCacheIsNoWayIn) {
  Start(
      "proxy_cache_path $prefix/cache keys_zone=c:1m;"
      "server { listen $port1; location / { usher on; proxy_cache c;"
      " proxy_cache_valid 200 1h; proxy_cache_key $usher_cache_key;"
      " proxy_pass http://ORIGIN; } }");
  const std::string session = SessionAt(nginx_.port(), "film");
  EXPECT_EQ(Get(nginx_.port(), session + "/film/1.m4s").body, kSecret);
  Withstands({"/film/1.m4s"}, 401, "ticket_missing");
  Withstands(
      {"/s/junk/film/1.m4s", SessionAt(nginx_.port(), "own") + "/film/1.m4s"},
      403, "session_invalid");
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(BypassAttacks, DavOnTheSameServerCannotBeReached) {
  Start(
      "server { listen $port1; location / { usher on; root $prefix/media; "
      "dav_methods PUT DELETE MKCOL COPY MOVE; } }");
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/v720/1.m4s";
  std::vector<Attack> attacks;
  for (const char* method : {"PUT", "DELETE", "MKCOL", "COPY", "MOVE"}) {
    attacks.push_back({.name = method,
                       .target = url,
                       .status = 405,
                       .code = "method_not_allowed",
                       .method = method,
                       .headers = {"Destination: /film/v720/2.m4s"},
                       .body = "overwritten"});
  }
  Withstands(attacks);
  EXPECT_EQ(Get(nginx_.port(), url).body, kSecret);
}

}  // namespace
}  // namespace usher::testing
