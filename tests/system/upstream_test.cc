// What upstreams, file systems and caches see of a viewer's request: never the
// credential, always the same bytes that were checked.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

enum class Protocol { kHttp11, kHttp2 };

// A viewer's path, and what the origin must be asked for.
struct Route {
  const char* name;
  const char* location;  // ORIGIN stands for the origin's address
  const char* path = "/film/v720/1.m4s";
  const char* expected = "/film/v720/1.m4s";
};

// The ways in which nginx builds an upstream's URI.
constexpr Route kRoutes[] = {
    {"without a URI", "location / { usher on; proxy_pass http://ORIGIN; }"},
    {"with a URI", "location / { usher on; proxy_pass http://ORIGIN/base/; }",
     "/film/v720/1.m4s", "/base/film/v720/1.m4s"},
    {"with a prefix replaced",
     "location /film/ { usher on; proxy_pass http://ORIGIN/store/; }",
     "/film/v720/1.m4s", "/store/v720/1.m4s"},
    {"with a variable",
     "location / { usher on; set $up ORIGIN; proxy_pass http://$up; }"},
    {"with $request_uri",
     "location / { usher on; proxy_pass http://ORIGIN$request_uri; }"},
    {"with $uri and $args",
     "location / { usher on; proxy_pass http://ORIGIN$uri$is_args$args; }"},
    {"with a named capture",
     "location ~ ^/(?<rest>.*)$ { usher on; proxy_pass http://ORIGIN/$rest; }"},
    {"from a regex location",
     "location ~ \\.m4s$ { usher on; proxy_pass http://ORIGIN; }"},
    {"after rewrite last",
     "rewrite ^/old/(.*)$ /film/$1 last;"
     "location / { usher on; proxy_pass http://ORIGIN; }",
     "/old/v720/1.m4s"},
    {"after rewrite break in the location",
     "location /film/ { usher on; rewrite ^/film/(.*)$ /film/x/$1 break;"
     " proxy_pass http://ORIGIN; }",
     "/film/v720/1.m4s", "/film/x/v720/1.m4s"},
    {"from try_files to a named location",
     "location / { usher on; root $prefix/none; try_files $uri @origin; }"
     "location @origin { usher on; proxy_pass http://ORIGIN; }"},
    {"from error_page to a named location",
     "location / { usher on; root $prefix/none; error_page 404 = @origin; }"
     "location @origin { usher on; proxy_pass http://ORIGIN; }"},
    {"from error_page to a URI",
     "location / { usher on; root $prefix/none; error_page 404 = /film/404; }"
     "location = /film/404 { usher on; proxy_pass http://ORIGIN; }",
     "/film/v720/1.m4s", "/film/404"},
    {"with doubled slashes merged",
     "location / { usher on; proxy_pass http://ORIGIN; }",
     "/film//v720///1.m4s"},
    {"with dots resolved", "location / { usher on; proxy_pass http://ORIGIN; }",
     "/film/a/../v720/./1.m4s"},
    {"with escapes decoded",
     "location / { usher on; proxy_pass http://ORIGIN; }",
     "/film/%76720%2f1.m4s"},
};

struct UpstreamCase {
  Route route;
  Protocol protocol;
};

class UpstreamTest : public ::testing::TestWithParam<UpstreamCase> {
 protected:
  void StartEdge(std::string location) {
    for (size_t at; (at = location.find("ORIGIN")) != std::string::npos;) {
      location.replace(at, 6, origin_.address());
    }
    const std::string listen = GetParam().protocol == Protocol::kHttp2
                                   ? "listen $port1 http2;"
                                   : "listen $port1;";
    // A second server sells the session, so that no route gets in its way.
    nginx_.Start("server { " + listen + location + "} " +
                 "server { listen $port2; location / { usher on; root "
                 "$prefix/none; } }");
  }
  Answer Fetch(const std::string& target, const Headers& headers = {}) {
    return GetParam().protocol == Protocol::kHttp2
               ? GetHttp2(nginx_.port(1), target, headers)
               : Get(nginx_.port(1), target, headers);
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_P(UpstreamTest, TheOriginIsAskedForTheCanonicalPathOnly) {
  const Route& route = GetParam().route;
  StartEdge(route.location);
  const std::string session = SessionAt(nginx_.port(2), "film");
  const std::string ticket = BoxOffice::The().Ticket("film");
  const Answer answer = Fetch(
      session + route.path + "?ticket=" + ticket + "&cmcd=br%3D1",
      {"Referer: http://e/" + session, "Authorization: Bearer " + ticket});
  EXPECT_EQ(answer.status, 200) << route.name << "\n" << nginx_.ErrorLog();
  EXPECT_EQ(origin_.targets(), std::vector<std::string>{route.expected});
  EXPECT_FALSE(origin_.heads().contains(CredentialOf(session + "/")));
  EXPECT_FALSE(origin_.heads().contains(ticket));
}

std::vector<UpstreamCase> AllCases() {
  std::vector<UpstreamCase> cases;
  for (const Route& route : kRoutes) {
    cases.push_back({route, Protocol::kHttp11});
    cases.push_back({route, Protocol::kHttp2});
  }
  return cases;
}

std::string CaseName(const ::testing::TestParamInfo<UpstreamCase>& info) {
  std::string name = info.param.route.name;
  name += info.param.protocol == Protocol::kHttp2 ? " http2" : " http11";
  std::erase_if(name, [](unsigned char c) { return !std::isalnum(c); });
  return name;
}

INSTANTIATE_TEST_SUITE_P(EveryRoute, UpstreamTest,
                         ::testing::ValuesIn(AllCases()), CaseName);

class FileTest : public ::testing::Test {
 protected:
  Nginx nginx_;
};

TEST_F(FileTest, RootAliasAndTryFilesServeTheStrippedPath) {
  nginx_.Write("media/film/v720/1.m4s", "segment");
  nginx_.Start(R"(server { listen $port1;
    location / { usher on; root $prefix/media; }
    location /film/a/ { usher on; alias $prefix/media/film/v720/; }
    location ~ ^/film/r/(?<file>.*)$ { usher on;
      alias $prefix/media/film/v720/$file; }
    location /film/t/ { usher on; root $prefix/media;
      try_files $uri /film/v720/1.m4s =404; }
  })");
  const std::string session = SessionAt(nginx_.port(), "film");
  for (const char* path :
       {"/film/v720/1.m4s", "/film/a/1.m4s", "/film/r/1.m4s", "/film/t/any"}) {
    const Answer answer = Get(nginx_.port(), session + path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body, "segment") << path;
    EXPECT_EQ(Get(nginx_.port(), path).status, 401) << path;
  }
}

TEST_F(FileTest, TheTypeIsThatOfTheFileNotOfTheCredential) {
  nginx_.Write("media/film/master.m3u8", "#EXTM3U\n");
  nginx_.Start(
      "server { listen $port1; location / { usher on; root "
      "$prefix/media; } }");
  EXPECT_EQ(
      Get(nginx_.port(), SessionAt(nginx_.port(), "film") + "/film/master.m3u8")
          .Header("Content-Type"),
      "application/vnd.apple.mpegurl");
}

TEST_F(FileTest, RangesAreServed) {
  nginx_.Write("media/film/v720/1.m4s", "0123456789");
  nginx_.Start(
      "server { listen $port1; location / { usher on; root "
      "$prefix/media; } }");
  const std::string url = SessionAt(nginx_.port(), "film") + "/film/v720/1.m4s";
  const Answer answer = Get(nginx_.port(), url, {"Range: bytes=2-4"});
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer.body, "234");
  EXPECT_EQ(answer.Header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(Get(nginx_.port(), "/film/v720/1.m4s", {"Range: bytes=2-4"}).status,
            401);
}

class CacheTest : public ::testing::Test {
 protected:
  void StartEdge(std::string_view more = {}) {
    nginx_.Start(
        "proxy_cache_path $prefix/cache keys_zone=c:1m;"
        "proxy_cache c; proxy_cache_key $usher_cache_key;"
        "proxy_cache_valid 200 1h;"
        "add_header X-Cache $upstream_cache_status always;"
        "server { listen $port1; server_name one two;" +
        std::string(more) + "location / { usher on; proxy_pass http://" +
        origin_.address() + "; } }");
    session_ = SessionAt(nginx_.port(), "film");
  }
  Answer Fetch(std::string_view path, const Headers& headers = {}) {
    return Get(nginx_.port(), session_ + std::string(path), headers);
  }

  Nginx nginx_;
  RecordingOrigin origin_;
  std::string session_;
};

TEST_F(CacheTest, TheSecondViewerGetsTheFirstOnesCopy) {
  StartEdge();
  EXPECT_EQ(Fetch("/film/v720/1.m4s").Header("X-Cache"), "MISS");
  session_ = SessionAt(nginx_.port(), "film");
  EXPECT_EQ(Fetch("/film/v720/1.m4s").Header("X-Cache"), "HIT");
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(CacheTest, ArgumentsThatAreNotKeyedMakeNoOtherCopy) {
  StartEdge();
  Fetch("/film/media.m3u8?CMCD=br%3D1&_HLS_part=2&_HLS_msn=7");
  Fetch("/film/media.m3u8?_HLS_msn=007&x=y&_HLS_part=2&CMCD=br%3D2");
  Fetch("/film/media.m3u8?_HLS_msn=8");
  EXPECT_EQ(origin_.targets(),
            (std::vector<std::string>{"/film/media.m3u8?_HLS_msn=7&_HLS_part=2",
                                      "/film/media.m3u8?_HLS_msn=8"}));
}

TEST_F(CacheTest, AnEscapedQuestionMarkPoisonsNoOtherObject) {
  StartEdge();
  EXPECT_EQ(Fetch("/film/media.m3u8%3F_HLS_msn=5").status, 400);
  EXPECT_EQ(Fetch("/film/media.m3u8?_HLS_msn=5").Header("X-Cache"), "MISS");
  EXPECT_EQ(origin_.targets(),
            std::vector<std::string>{"/film/media.m3u8?_HLS_msn=5"});
}

TEST_F(CacheTest, SegmentsHaveOneKeyWhateverTheArguments) {
  StartEdge();
  for (const char* args : {"", "?_HLS_msn=1", "?_HLS_msn=2", "?x=1"}) {
    EXPECT_EQ(Fetch(std::string("/film/1.m4s") + args).status, 200);
  }
  EXPECT_EQ(origin_.targets(), std::vector<std::string>{"/film/1.m4s"});
}

TEST_F(CacheTest, TheKeyHoldsTheHostUnlessANamespaceIsGiven) {
  StartEdge();
  Fetch("/film/1.m4s", {"Host: one"});
  EXPECT_EQ(Fetch("/film/1.m4s", {"Host: two"}).Header("X-Cache"), "MISS");
  EXPECT_EQ(Fetch("/film/1.m4s", {"Host: ONE"}).Header("X-Cache"), "HIT");
}

TEST_F(CacheTest, ANamespaceIsOneKeyForAllHosts) {
  StartEdge("usher_cache_namespace ns;");
  Fetch("/film/1.m4s", {"Host: one"});
  EXPECT_EQ(Fetch("/film/1.m4s", {"Host: two"}).Header("X-Cache"), "HIT");
}

TEST_F(CacheTest, NothingInTheCacheNamesASession) {
  StartEdge();
  Fetch("/film/media.m3u8?_HLS_msn=1&ticket=" +
        BoxOffice::The().Ticket("film"));
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           nginx_.prefix() / "cache")) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string contents = ReadFile(entry.path());
    EXPECT_FALSE(contents.contains(CredentialOf(session_ + "/")));
    EXPECT_TRUE(contents.contains("KEY: 127.0.0.1/film/media.m3u8?_HLS_msn=1"))
        << contents;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(CacheTest, PathsAndArgumentsThatReadTwoWaysAreRefused) {
  StartEdge();
  for (const char* path : {"/film/a%20b",
                           "/film/a;b",
                           "/film/a+b",
                           "/film/a%25b",
                           "/film/a%0ab",
                           "/film/%C3%A9",
                           "/film/a:b",
                           "/film/a@b",
                           "/film/a=b",
                           "/film/a,b",
                           "/film/a%5Cb",
                           "/film/a%23b",
                           "/film/m.m3u8?_HLS_msn=1&_HLS_msn=1",
                           "/film/m.m3u8?_HLS_msn=",
                           "/film/m.m3u8?_HLS_msn=x",
                           "/film/m.m3u8?_HLS_msn=-1",
                           "/film/m.m3u8?_HLS_msn=1.0",
                           "/film/m.m3u8?_HLS_msn=%31",
                           "/film/m.m3u8?_HLS_part=1e9",
                           "/film/m.m3u8?_HLS_msn=99999999999999999999",
                           "/film/m.m3u8?_HLS_skip=yes",
                           "/film/m.m3u8?_HLS_skip=v2&_HLS_skip=v2",
                           "/film/m.m3u8?_HLS_skip",
                           "/s/x/film/m.m3u8"}) {
    const Answer answer = Fetch(path);
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_EQ(answer.Code(), "bad_request") << path;
    EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "*") << path;
  }
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(CacheTest, TheVariablesSayWhatTheyShould) {
  nginx_.Start(R"(server { listen $port1; location / { usher on;
    root $prefix/none; error_page 404 = @say; }
    location @say { usher on;
    return 200 "$usher_cache_key|$usher_event|$usher_session|$usher_verdict|$usher_licence";
    } })");
  session_ = SessionAt(nginx_.port(), "film");
  const std::string body =
      Fetch("/film/media.m3u8?_HLS_skip=YES&_HLS_msn=3").body;
  const std::string address = "127.0.0.1:" + std::to_string(nginx_.port());
  EXPECT_TRUE(body.starts_with(
      "127.0.0.1/film/media.m3u8?_HLS_msn=3&_HLS_skip=YES|film|"))
      << body;
  EXPECT_TRUE(
      body.ends_with("|admitted|http://" + address + session_ + "/film/key/"))
      << body;
}

}  // namespace
}  // namespace usher::testing
