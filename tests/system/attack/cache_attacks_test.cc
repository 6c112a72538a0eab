// What a stranger or another viewer sends must never change what the next one
// is served from the cache.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/scripted_origin.h"
#include "tests/system/attack/http2_client.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

// Over HTTP/1.1 and HTTP/2.
enum class Way { kHttp1, kHttp2 };
constexpr Way kWays[] = {Way::kHttp1, Way::kHttp2};

// An origin that answers with the whole request it got: whatever of a request
// reaches it would be in the copy that everybody gets. One that is asked for it
// varies its answer, as origins do that know no better.
OriginReply Echo(const OriginRequest& request) {
  constexpr std::string_view kVary = "\r\nX-Vary: ";
  OriginReply reply = {.body = request.head + request.body};
  if (const size_t at = request.head.find(kVary); at != std::string::npos) {
    const size_t begin = at + kVary.size();
    reply.headers =
        "Vary: " +
        request.head.substr(begin, request.head.find('\r', begin) - begin) +
        "\r\n";
  }
  return reply;
}

class CacheAttacks : public ::testing::Test {
 protected:
  CacheAttacks() : origin_(Echo) {
    nginx_.Start(R"(
      proxy_cache_path $prefix/cache keys_zone=c:1m;
      server { listen $port1; listen $port2 http2; usher_cache_namespace house;
        location / { usher on; proxy_pass http://127.0.0.1:)" +
                 std::to_string(origin_.port()) + R"(;
          proxy_pass_request_headers off; proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Host film.invalid;
          proxy_cache c; proxy_cache_key $usher_cache_key;
          proxy_cache_lock on;
          proxy_cache_valid 200 206 1h; proxy_cache_valid 404 1s;
          proxy_cache_valid 400 403 1s; } })");
    session_ = SessionAt(nginx_.port(), "film");
  }
  // What a paying viewer gets where nobody interfered.
  static std::string Clean(const std::string& path) {
    return "GET " + path +
           " HTTP/1.0\r\nHost: film.invalid\r\nConnection: close\r\n\r\n";
  }
  Answer Send(Way way, std::string_view method, const std::string& target,
              const Headers& headers = {}, std::string_view body = {}) {
    return way == Way::kHttp1
               ? Ask(nginx_.port(1), method, target, headers, body)
               : AskHttp2(nginx_.port(2), method, target, headers, body);
  }
  std::string Fetch(const std::string& path, Way way = Way::kHttp1) {
    return Send(way, "GET", session_ + path).body;
  }
  // What everybody gets now, by either protocol, is one clean copy.
  void ExpectOneCleanCopy(const std::string& path) {
    for (const Way way : kWays) EXPECT_EQ(Fetch(path, way), Clean(path));
    EXPECT_EQ(origin_.requests(path), 1) << "not from the cache";
  }
  std::string NextPath() {
    return "/film/v720/" + std::to_string(++number_) + ".m4s";
  }

  ScriptedOrigin origin_;
  Nginx nginx_;
  std::string session_;
  int number_ = 0;
};

TEST_F(CacheAttacks, WhoAsksFirstChangesNothingForTheNext) {
  const Headers tricks = {"X-Forwarded-Host: evil.invalid",
                          "X-Forwarded-Proto: gopher",
                          "X-Forwarded-For: 192.0.2.66",
                          "X-Forwarded-Prefix: /evil",
                          "X-Forwarded-Port: 666",
                          "X-Real-IP: 192.0.2.66",
                          "X-Original-URL: /evil",
                          "X-Rewrite-URL: /evil",
                          "X-Host: evil.invalid",
                          "X-HTTP-Method-Override: POST",
                          "Host: evil.invalid",
                          "Forwarded: host=evil.invalid",
                          "Range: bytes=0-0",
                          "If-Range: \"x\"",
                          "If-None-Match: \"x\"",
                          "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
                          "Accept: text/evil",
                          "Accept-Encoding: gzip, evil",
                          "Accept-Language: evil",
                          "Origin: https://evil.invalid",
                          "Referer: https://evil.invalid/",
                          "Cookie: evil=1",
                          "Authorization: Basic ZXZpbDpldmls",
                          "User-Agent: evil",
                          "Cache-Control: no-cache",
                          "Pragma: no-cache",
                          "CDN-Loop: evil",
                          "Content-Length: 0",
                          "Content-Type: text/evil",
                          "X-Vary: *",
                          "X-Vary: User-Agent"};
  for (const std::string& trick : tricks) {
    for (const Way way : kWays) {
      SCOPED_TRACE(trick + (way == Way::kHttp1 ? " (1.1)" : " (2)"));
      const std::string path = NextPath();
      EXPECT_NE(Send(way, "GET", session_ + path, {trick}).status, 0);
      ExpectOneCleanCopy(path);
    }
  }
}

TEST_F(CacheAttacks, ABodyThatNobodyExpectsReachesNobody) {
  for (const Way way : kWays) {
    const std::string path = NextPath();
    EXPECT_EQ(Send(way, "GET", session_ + path, {}, "callback=evil").status,
              200);
    ExpectOneCleanCopy(path);
  }
}

TEST_F(CacheAttacks, APreconditionThatFailsIsNobodyElses) {
  for (const Way way : kWays) {
    const std::string path = NextPath();
    EXPECT_EQ(Send(way, "GET", session_ + path, {"If-Match: \"x\""}).status,
              412);
    EXPECT_EQ(Fetch(path), Clean(path));
    EXPECT_EQ(Fetch(path), Clean(path));
    EXPECT_EQ(origin_.requests(path), 2) << "the refused one stored nothing";
  }
}

TEST_F(CacheAttacks, AnUpgradeOfTheConnectionReachesNobody) {
  for (const char* trick :
       {"Connection: upgrade, X-Evil", "Upgrade: h2c", "Expect: 100-continue",
        "TE: trailers", "Keep-Alive: timeout=999"}) {
    SCOPED_TRACE(trick);
    const std::string path = NextPath();
    EXPECT_NE(Get(nginx_.port(), session_ + path, {trick}).status, 0);
    ExpectOneCleanCopy(path);
  }
}

TEST_F(CacheAttacks, NoArgumentReachesTheOrigin) {
  for (const char* args :
       {"?x=1", "?CMCD=bl%3D1", "?%5fHLS_msn=1", "?_hls_msn=1",
        "?callback=evil", "?ticket=junk", "?;_HLS_msn=1", "?&&&", "??",
        "?x=%0d%0aSet-Cookie:y"}) {
    for (const Way way : kWays) {
      SCOPED_TRACE(args);
      const std::string path = NextPath();
      EXPECT_NE(Send(way, "GET", session_ + path + args).status, 0);
      ExpectOneCleanCopy(path);
    }
  }
}

TEST_F(CacheAttacks, ArgumentsThatCountHaveCopiesOfTheirOwn) {
  const std::string path = "/film/v720/media.m3u8";
  for (const char* args : {"?_HLS_msn=7", "?_HLS_part=1&_HLS_msn=7",
                           "?_HLS_msn=7&x=y&_HLS_skip=YES"}) {
    Get(nginx_.port(), session_ + path + args);
  }
  EXPECT_EQ(Fetch(path), Clean(path));
  EXPECT_EQ(Fetch(path + "?_HLS_part=1&_HLS_msn=7"),
            Clean(path + "?_HLS_msn=7&_HLS_part=1"));
  EXPECT_EQ(Fetch(path + "?_HLS_msn=007"), Clean(path + "?_HLS_msn=7"));
}

TEST_F(CacheAttacks, AnEscapedQuestionMarkIsNoArgument) {
  // A decoded path as key would store this as /film/...m3u8?_HLS_msn=5.
  const std::string path = "/film/v720/media.m3u8";
  EXPECT_EQ(Get(nginx_.port(), session_ + path + "%3F_HLS_msn=5").status, 400);
  EXPECT_EQ(Fetch(path + "?_HLS_msn=5"), Clean(path + "?_HLS_msn=5"));
}

TEST_F(CacheAttacks, RefusalsAreNotWhatTheNextOneGets) {
  for (const char* path : {"/film/v720/1.m4s", "/film/master.m3u8"}) {
    const std::string target = path;
    for (const Way way : kWays) {
      const Answer missing = Send(way, "GET", target);
      EXPECT_EQ(missing.status, 401);
      EXPECT_EQ(missing.Code(), "ticket_missing");
      const Answer junk = Send(way, "GET", "/s/junk" + target);
      EXPECT_EQ(junk.status, 403);
      EXPECT_EQ(junk.Code(), "session_invalid");
      const Answer forged = Send(way, "GET", target + "?ticket=x");
      EXPECT_EQ(forged.status, 403);
      EXPECT_EQ(forged.Code(), "ticket_invalid");
      EXPECT_EQ(Send(way, "OPTIONS", target).status, 204);
    }
    ExpectOneCleanCopy(path);
  }
}

TEST_F(CacheAttacks, HeadFillsTheCopyThatGetTakes) {
  for (const Way way : kWays) {
    const std::string path = NextPath();
    EXPECT_EQ(Send(way, "HEAD", session_ + path).status, 200);
    ExpectOneCleanCopy(path);
  }
}

TEST_F(CacheAttacks, EverySpellingOfAPathIsOneCopy) {
  for (const char* spelling :
       {"/film/v720/%31.m4s", "/film//v720/1.m4s", "/film/./v720/1.m4s",
        "/film/x/../v720/1.m4s", "/%66ilm/v720/1.m4s"}) {
    EXPECT_EQ(Fetch(spelling), Clean("/film/v720/1.m4s")) << spelling;
  }
}

TEST_F(CacheAttacks, NoCredentialIsInACopy) {
  const std::string credential = CredentialOf(session_ + "/");
  Get(nginx_.port(), session_ + "/film/v720/1.m4s",
      {"Referer: http://house" + session_ + "/film/",
       "Cookie: ticket=" + BoxOffice::The().Ticket("film")});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           nginx_.prefix() / "cache")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_FALSE(ReadFile(entry.path()).contains(credential));
  }
  EXPECT_EQ(Get(nginx_.port(), "/film/v720/1.m4s").status, 401);
}

}  // namespace
}  // namespace usher::testing
