// Who gets in, with what, and what everybody else is told.
#include <gtest/gtest.h>

#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

constexpr std::string_view kMaster = "/film/master.m3u8";

class AdmissionTest : public ::testing::Test {
 protected:
  // One edge in front of an origin that answers everything.
  void StartEdge(std::string_view directives = {}) {
    nginx_.Start("server { listen $port1; " + std::string(directives) +
                 " location / { usher on; proxy_pass http://" +
                 origin_.address() + "; } }");
  }
  uint16_t edge() const { return nginx_.port(1); }
  std::string Ticket(std::string_view event = "film") const {
    return BoxOffice::The().Ticket(event);
  }
  std::string WithTicket(std::string_view path, std::string_view ticket) const {
    return std::string(path) + "?ticket=" + std::string(ticket);
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(AdmissionTest, WithoutATicketTheAnswerIsA401ThatSaysWhatToDo) {
  StartEdge();
  const Answer answer = Get(edge(), kMaster);
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.Header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.Header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.Code(), "ticket_missing");
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(AdmissionTest, ATicketLeadsToTheSessionsUrlAndThatServes) {
  StartEdge();
  const Answer opened = Get(edge(), WithTicket(kMaster, Ticket()));
  EXPECT_EQ(opened.status, 302);
  EXPECT_EQ(opened.Header("Cache-Control"), "no-store");
  EXPECT_EQ(opened.Header("Referrer-Policy"), "no-referrer");
  const std::string location = opened.Header("Location");
  EXPECT_EQ(CredentialOf(location).size(), 80u);
  EXPECT_TRUE(location.ends_with("/film/master.m3u8")) << location;
  const Answer answer = Get(edge(), location);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "content");
}

TEST_F(AdmissionTest, LocationIsRelativeSoThatNoSchemeOrPortIsGuessed) {
  StartEdge();
  EXPECT_TRUE(LedTo(edge(), kMaster, Ticket()).starts_with("/s/"));
}

TEST_F(AdmissionTest, EveryUrlOfTheEventWorksWithOneSession) {
  StartEdge();
  const std::string session = SessionAt(edge(), "film");
  for (const char* path :
       {"/film/master.m3u8", "/film/v720/media.m3u8", "/film/v720/init.mp4",
        "/film/v720/1.m4s", "/film/cbcs/manifest.mpd"}) {
    EXPECT_EQ(Get(edge(), session + path).status, 200) << path;
  }
}

TEST_F(AdmissionTest, ASessionOfOneEventOpensNoOther) {
  StartEdge();
  const std::string session = SessionAt(edge(), "film");
  for (const char* path : {"/film-2/master.m3u8", "/fil/master.m3u8",
                           "/other/v720/1.m4s", "/", "/film"}) {
    const Answer answer = Get(edge(), session + path);
    if (std::string_view(path) == "/film") {
      EXPECT_EQ(answer.status, 200) << "its own top";
      continue;
    }
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_EQ(answer.Code(), "session_invalid") << path;
  }
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(AdmissionTest, ATicketForAnotherEventIsToldSo) {
  StartEdge();
  const Answer answer =
      Get(edge(), WithTicket("/film-2/master.m3u8", Ticket("film")));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.Code(), "ticket_scope");
}

TEST_F(AdmissionTest, AnExpiredTicketIsToldSo) {
  StartEdge();
  ticket::Claims claims = BoxOffice::The().Claims("film");
  claims.expires = UnixNow() - 3600;
  const Answer answer =
      Get(edge(), WithTicket(kMaster, BoxOffice::The().Ticket(claims)));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.Code(), "ticket_expired");
}

TEST_F(AdmissionTest, AForgedSessionIsRefused) {
  StartEdge();
  std::string location = LedTo(edge(), kMaster, Ticket());
  for (const size_t at : {5u, 20u, 40u, 60u, 81u}) {
    std::string forged = location;
    forged[at] = forged[at] == 'A' ? 'B' : 'A';
    const Answer answer = Get(edge(), forged);
    EXPECT_EQ(answer.status, 403) << at;
    EXPECT_EQ(answer.Code(), "session_invalid") << at;
  }
  EXPECT_EQ(Get(edge(), "/s/short/film/master.m3u8").Code(), "session_invalid");
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(AdmissionTest, AValidSessionBeatsABadTicketAndAGoodTicketABadSession) {
  StartEdge();
  const std::string location = LedTo(edge(), kMaster, Ticket());
  EXPECT_EQ(Get(edge(), location + "?ticket=junk").status, 200);
  const Answer reopened =
      Get(edge(), WithTicket("/s/junk/film/v720/1.m4s", Ticket()));
  EXPECT_EQ(reopened.status, 302);
  EXPECT_TRUE(reopened.Header("Location").ends_with("/film/v720/1.m4s"));
  EXPECT_FALSE(reopened.Header("Location").contains("junk"));
}

TEST_F(AdmissionTest, TicketsComeFromWhereTheConfigurationSays) {
  StartEdge("usher_ticket_from query:t cookie:seat bearer;");
  const std::string ticket = Ticket();
  EXPECT_EQ(Get(edge(), "/film/x?a=1&t=" + ticket + "&b=2").status, 302);
  EXPECT_EQ(Get(edge(), "/film/x", {"Cookie: a=b; seat=" + ticket}).status,
            302);
  EXPECT_EQ(Get(edge(), "/film/x", {"Authorization: Bearer " + ticket}).status,
            302);
  EXPECT_EQ(Get(edge(), "/film/x?ticket=" + ticket).status, 401);
  EXPECT_EQ(Get(edge(), "/film/x", {"Authorization: Basic " + ticket}).status,
            401);
}

TEST_F(AdmissionTest, ByDefaultACookieIsNoTicket) {
  StartEdge();
  EXPECT_EQ(Get(edge(), "/film/x", {"Cookie: ticket=" + Ticket()}).status, 401);
}

TEST_F(AdmissionTest, ACookieDoesNotCountInACrossSiteRequest) {
  StartEdge("usher_ticket_from cookie:seat;");
  const std::string cookie = "Cookie: seat=" + Ticket();
  EXPECT_EQ(
      Get(edge(), "/film/x", {cookie, "Sec-Fetch-Site: cross-site"}).status,
      401);
  EXPECT_EQ(
      Get(edge(), "/film/x", {cookie, "Sec-Fetch-Site: same-origin"}).status,
      302);
}

TEST_F(AdmissionTest, IssuerAndAudienceArePinned) {
  StartEdge("usher_issuer shop; usher_audience edge;");
  ticket::Claims claims = BoxOffice::The().Claims("film");
  EXPECT_EQ(
      Get(edge(), WithTicket(kMaster, BoxOffice::The().Ticket(claims))).status,
      403);
  claims.issuer = "shop";
  claims.audiences = {"edge"};
  EXPECT_EQ(
      Get(edge(), WithTicket(kMaster, BoxOffice::The().Ticket(claims))).status,
      302);
}

TEST_F(AdmissionTest, HeadIsAnsweredLikeGet) {
  StartEdge();
  const Answer opened = Ask(edge(), "HEAD", WithTicket(kMaster, Ticket()));
  EXPECT_EQ(opened.status, 302);
  const Answer answer = Ask(edge(), "HEAD", opened.Header("Location"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Content-Length"), "7");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(Ask(edge(), "HEAD", kMaster).status, 401);
}

TEST_F(AdmissionTest, PreflightNeedsNoTicketAndReachesNoUpstream) {
  StartEdge();
  const Answer answer =
      Ask(edge(), "OPTIONS", kMaster,
          {"Origin: https://a.example", "Access-Control-Request-Method: GET"});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(answer.Header("Access-Control-Allow-Methods"),
            "GET, HEAD, OPTIONS");
  EXPECT_TRUE(
      answer.Header("Access-Control-Allow-Headers").contains("Authorization"));
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(AdmissionTest, OtherMethodsAreRefusedAlsoWithASession) {
  StartEdge();
  const std::string session = SessionAt(edge(), "film");
  for (const char* method : {"PUT", "DELETE", "POST", "PATCH", "PROPFIND",
                             "MKCOL", "COPY", "MOVE", "TRACE", "BREW"}) {
    const Answer answer =
        Ask(edge(), method, session + "/film/v720/1.m4s", {}, "body");
    // TRACE nginx refuses by itself.
    EXPECT_EQ(answer.status, 405) << method;
    if (answer.Header("Content-Type") != "application/problem+json") continue;
    EXPECT_EQ(answer.Header("Allow"), "GET, HEAD, OPTIONS") << method;
    EXPECT_EQ(answer.Code(), "method_not_allowed") << method;
  }
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(AdmissionTest, ALicenceMayBeAskedForByPost) {
  StartEdge();
  const std::string url = SessionAt(edge(), "film") + "/film/key/";
  EXPECT_EQ(Ask(edge(), "POST", url, {}, "{}").status, 200);
  EXPECT_EQ(Ask(edge(), "POST", "/film/key/", {}, "{}").status, 401);
  const Answer opened =
      Ask(edge(), "POST", WithTicket("/film/key/", Ticket()), {}, "{}");
  EXPECT_EQ(opened.status, 307) << "or the POST would become a GET";
}

TEST_F(AdmissionTest, OnlyLocationsWithUsherOnAskForATicket) {
  nginx_.Start(R"(
    usher on;
    server {
      listen $port1;
      location /inherits/ { return 404; }
      location /off/ { usher off; return 200 "free"; }
      location /off/on/ { usher on; return 404; }
      location /off/nested/ {
        usher off;
        location /off/nested/on/ { usher on; root $prefix; }
        root $prefix;
      }
    }
    server { listen $port2; usher off; location / { return 200 "free"; }
             location /on/ { usher on; root $prefix; } })");
  nginx_.Write("inherits/x", "secret");
  nginx_.Write("off/nested/on/x", "secret");
  nginx_.Write("off/nested/y", "free");
  nginx_.Write("on/x", "secret");
  EXPECT_EQ(Get(nginx_.port(1), "/off/x").status, 200);
  EXPECT_EQ(Get(nginx_.port(1), "/off/nested/y").status, 200);
  EXPECT_EQ(Get(nginx_.port(1), "/off/nested/on/x").status, 401);
  EXPECT_EQ(Get(nginx_.port(1), "/film/x").status, 401) << "server's own";
  EXPECT_EQ(Get(nginx_.port(2), "/x").status, 200);
  EXPECT_EQ(Get(nginx_.port(2), "/on/x").status, 401);
}

TEST_F(AdmissionTest, ServersWithoutUsherAreLeftAlone) {
  nginx_.Start(R"(
    server { listen $port1; location / { usher on; root $prefix; } }
    server { listen $port2; location / {
      return 200 "$uri|$args|$request_uri|$http_referer|$http_authorization";
    } })");
  const Answer answer =
      Get(nginx_.port(2), "/s/x/a%20b?ticket=t&q=1",
          {"Referer: http://a/b?c", "Authorization: Bearer secret"});
  EXPECT_EQ(answer.body,
            "/s/x/a b|ticket=t&q=1|/s/x/a%20b?ticket=t&q=1|http://a/b?c|"
            "Bearer secret");
  EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 0u);
}

TEST_F(AdmissionTest, LimitsHoldBeforeASignatureIsChecked) {
  nginx_.Start(
      "limit_req_zone $binary_remote_addr zone=l:1m rate=1r/m;"
      "limit_req_status 429; server { listen $port1;"
      " location / { usher on; limit_req zone=l; } }");
  EXPECT_EQ(Get(edge(), WithTicket(kMaster, "junk")).status, 403);
  EXPECT_EQ(Get(edge(), WithTicket(kMaster, "junk")).status, 429);
}

TEST_F(AdmissionTest, SessionsLiveInTheStatusTheyHave) {
  nginx_.Start(
      "server { listen $port1; location / { usher on; proxy_pass "
      "http://" +
      origin_.address() +
      "; }"
      " location = /status { usher off; usher_status; }"
      " location = /metrics { usher off; usher_metrics; } }");
  const std::string one = SessionAt(edge(), "film");
  const std::string two = SessionAt(edge(), "film");
  EXPECT_TRUE(Get(edge(), "/status").body.contains("\"live\": 0"))
      << "a redirect keeps no state";
  Get(edge(), one + "/film/x");
  Get(edge(), one + "/film/y");
  Get(edge(), two + "/film/x");
  EXPECT_TRUE(Get(edge(), "/status").body.contains("\"live\": 2"));
  const std::string metrics = Get(edge(), "/metrics").body;
  EXPECT_TRUE(metrics.contains("usher_sessions_live 2\n")) << metrics;
  EXPECT_TRUE(
      metrics.contains("usher_admissions_total{verdict=\"admitted\"} 3\n"))
      << metrics;
}

}  // namespace
}  // namespace usher::testing
