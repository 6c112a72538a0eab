// What a stranger or another viewer sends must never change what the next one
// is served from the cache.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/system/attack/stage.h"
#include "tests/system/recording_origin.h"

namespace usher::testing {
namespace {

// An origin that answers with what it was asked: whatever of a request reaches
// it would be in the copy that everybody gets.
class CacheAttacks : public ::testing::Test {
 protected:
  CacheAttacks() {
    nginx_.Start(R"(
      proxy_cache_path $prefix/cache keys_zone=c:1m;
      server { listen $port1; usher_cache_namespace house;
        location / { usher on; proxy_pass http://$port2;
          proxy_set_header Host film.invalid;
          proxy_set_header X-Forwarded-For "";
          proxy_cache c; proxy_cache_key $usher_cache_key;
          proxy_cache_valid 200 206 1h; proxy_cache_valid 404 1s;
          proxy_cache_valid 400 403 1s; } }
      server { listen $port2; location / {
          add_header Vary $http_x_vary;
          return 200 "$request_method $request_uri $http_host
$http_cookie$http_authorization$http_referer$http_range$http_if_none_match";
        } })");
    session_ = SessionAt(nginx_.port(), "film");
  }
  // What a paying viewer gets where nobody interfered.
  static std::string Clean(const std::string& path) {
    return "GET " + path + " film.invalid\n";
  }
  std::string Fetch(const std::string& path) {
    return Get(nginx_.port(), session_ + path).body;
  }

  Nginx nginx_;
  std::string session_;
};

TEST_F(CacheAttacks, WhoAsksFirstChangesNothingForTheNext) {
  const Headers tricks = {"X-Forwarded-Host: evil.invalid",
                          "X-Forwarded-Proto: gopher",
                          "X-Forwarded-For: 192.0.2.66",
                          "X-Original-URL: /evil",
                          "X-Rewrite-URL: /evil",
                          "X-HTTP-Method-Override: POST",
                          "Host: evil.invalid",
                          "Forwarded: host=evil.invalid",
                          "Range: bytes=0-0",
                          "If-None-Match: \"x\"",
                          "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
                          "Accept-Encoding: gzip, evil",
                          "Origin: https://evil.invalid",
                          "Accept-Language: evil",
                          "User-Agent: evil",
                          "Content-Length: 0",
                          "Expect: 100-continue"};
  int number = 0;
  for (const std::string& trick : tricks) {
    SCOPED_TRACE(trick);
    const std::string path = "/film/v720/" + std::to_string(++number) + ".m4s";
    Get(nginx_.port(), session_ + path, {trick});
    EXPECT_EQ(Fetch(path), Clean(path));
    EXPECT_EQ(Fetch(path), Clean(path)) << "from the cache";
  }
}

TEST_F(CacheAttacks, NoArgumentReachesTheOrigin) {
  int number = 0;
  for (const char* args :
       {"?x=1", "?CMCD=bl%3D1", "?%5fHLS_msn=1", "?_hls_msn=1",
        "?callback=evil", "?ticket=junk", "?;_HLS_msn=1", "?&&&", "??",
        "?x=%0d%0aSet-Cookie:y"}) {
    SCOPED_TRACE(args);
    const std::string path = "/film/v720/" + std::to_string(++number) + ".m4s";
    Get(nginx_.port(), session_ + path + args);
    EXPECT_EQ(Fetch(path), Clean(path));
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
  // A decoded path as key would store this as /film/…m3u8?_HLS_msn=5.
  const std::string path = "/film/v720/media.m3u8";
  EXPECT_EQ(Get(nginx_.port(), session_ + path + "%3F_HLS_msn=5").status, 400);
  EXPECT_EQ(Fetch(path + "?_HLS_msn=5"), Clean(path + "?_HLS_msn=5"));
}

TEST_F(CacheAttacks, RefusalsAreNotWhatTheNextOneGets) {
  for (const char* path : {"/film/v720/1.m4s", "/film/master.m3u8"}) {
    EXPECT_EQ(Get(nginx_.port(), path).status, 401);
    EXPECT_EQ(Get(nginx_.port(), "/s/junk" + std::string(path)).status, 403);
    EXPECT_EQ(Get(nginx_.port(), std::string(path) + "?ticket=x").status, 403);
    EXPECT_EQ(Ask(nginx_.port(), "OPTIONS", path).status, 204);
    EXPECT_EQ(Fetch(path), Clean(path));
  }
}

TEST_F(CacheAttacks, HeadFillsTheCopyThatGetTakes) {
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", session_ + "/film/v720/1.m4s").status,
            200);
  EXPECT_EQ(Fetch("/film/v720/1.m4s"), Clean("/film/v720/1.m4s"));
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
