// Content keys and Clear Key licences, through an edge that caches.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/base64url.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

class KeyTest : public ::testing::Test {
 protected:
  KeyTest() : key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {}
  // An edge that would cache whatever it may, and the origin behind it.
  void Start() {
    nginx_.Start(R"(
      proxy_cache_path $prefix/cache keys_zone=c:1m;
      server { listen $port1;
        location / { usher on; proxy_pass http://$port2; proxy_cache c;
          proxy_cache_key $usher_cache_key; proxy_cache_valid any 1h;
          proxy_cache_methods GET HEAD POST;
          proxy_ignore_headers Cache-Control; }
        location = /status { usher_status; } }
      server { listen $port2;
        location / { usher_content_keys $prefix/keys;
                     usher_master_key $prefix/master.key; } })");
    session_ = SessionAt(nginx_.port(), "film");
  }
  std::string KeyPath() const { return "/film/key/" + key_.kid.ToHex(); }
  Answer Licence(const std::string& url, const Json& request) {
    return Ask(nginx_.port(), "POST", url, {"Content-Type: application/json"},
               request.dump());
  }
  Json Kids() const {
    return {{"kids", {ToBase64Url(key_.kid.view())}}, {"type", "temporary"}};
  }

  Nginx nginx_;
  keys::ContentKey key_;
  std::string session_;
};

TEST_F(KeyTest, AKeyIsSixteenBytesForThePlayerOnly) {
  Start();
  const Answer answer = Get(nginx_.port(), session_ + KeyPath());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, AsText(key_.key.view()));
  EXPECT_EQ(answer.Header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(answer.Header("Cache-Control"), "private, max-age=300");
  EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1u);
  EXPECT_EQ(answer.Count("X-Accel-Expires"), 0u);
}

TEST_F(KeyTest, ALicenceHoldsTheKeysAskedFor) {
  Start();
  const Answer answer = Licence(session_ + "/film/key/", Kids());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.Header("Content-Type"), "application/json");
  EXPECT_EQ(Json::parse(answer.body),
            (Json{{"keys",
                   {{{"kty", "oct"},
                     {"kid", ToBase64Url(key_.kid.view())},
                     {"k", ToBase64Url(key_.key.view())}}}},
                  {"type", "temporary"}}));
}

TEST_F(KeyTest, NoKeyIsEverInACache) {
  Start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get(nginx_.port(), session_ + KeyPath()).status, 200);
    EXPECT_EQ(Licence(session_ + "/film/key/", Kids()).status, 200);
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           nginx_.prefix() / "cache")) {
    if (!entry.is_regular_file()) continue;
    const std::string contents = ReadFile(entry.path());
    EXPECT_FALSE(contents.contains(AsText(key_.key.view())));
    EXPECT_FALSE(contents.contains(ToBase64Url(key_.key.view())));
  }
  nginx_.Stop();
  EXPECT_FALSE(nginx_.AllLogs().contains(ToBase64Url(key_.key.view())));
}

TEST_F(KeyTest, AnotherEventsSessionGetsNoKey) {
  Start();
  const std::string other = SessionAt(nginx_.port(), "other");
  EXPECT_EQ(Get(nginx_.port(), other + KeyPath()).status, 403);
  EXPECT_EQ(Get(nginx_.port(), other + "/other/key/" + key_.kid.ToHex()).status,
            404)
      << "a sealed key opens under its own event only";
  EXPECT_EQ(Licence(other + "/other/key/", Kids()).status, 404);
  EXPECT_EQ(Get(nginx_.port(), KeyPath()).status, 401);
}

TEST_F(KeyTest, UnknownKeysAreA404WithCors) {
  Start();
  for (const char* path :
       {"/film/key/00000000000000000000000000000000", "/film/key/junk",
        "/film/key/../../etc/passwd", "/film/key/"}) {
    const Answer answer = Get(nginx_.port(), session_ + path);
    EXPECT_NE(answer.status, 200) << path;
    EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1u) << path;
  }
  EXPECT_EQ(Get(nginx_.port(),
                session_ + "/film/key/00000000000000000000000000000000")
                .Code(),
            "key_unknown");
}

TEST_F(KeyTest, MalformedLicenceRequestsAreRefused) {
  Start();
  Json many = {{"kids", Json::array()}};
  for (int i = 0; i < 65; ++i) many["kids"].push_back(Kids()["kids"][0]);
  for (const Json& request : std::initializer_list<Json>{
           Json::object(),
           Json::array(),
           Json(7),
           {{"kids", "x"}},
           {{"kids", Json::array()}},
           {{"kids", {1}}},
           {{"kids", {"short"}}},
           {{"kids", Kids()["kids"]}, {"type", "persistent-license"}},
           many}) {
    EXPECT_EQ(Licence(session_ + "/film/key/", request).status, 400)
        << request.dump().substr(0, 60);
  }
  EXPECT_EQ(Licence(session_ + "/film/key/", {{"kids", std::string(9000, 'x')}})
                .status,
            413);
  EXPECT_EQ(Licence(session_ + KeyPath(), Kids()).status, 405);
}

TEST_F(KeyTest, HeadAndOptionsWork) {
  Start();
  const Answer head = Ask(nginx_.port(), "HEAD", session_ + KeyPath());
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "16");
  EXPECT_EQ(head.body, "");
  const Answer preflight = Ask(nginx_.port(), "OPTIONS", "/film/key/");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.Header("Access-Control-Allow-Methods"),
            "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(Ask(nginx_.port(2), "DELETE", KeyPath()).status, 405);
}

TEST_F(KeyTest, TheKeyOfALaterPeriodWaitsForItsTime) {
  Start();
  const auto in_an_hour = static_cast<uint64_t>(UnixNow() + 3600);
  key_ = BoxOffice::The().AddKey(nginx_.prefix(), "film", in_an_hour);
  const Answer early = Get(nginx_.port(), session_ + KeyPath());
  EXPECT_EQ(early.status, 403);
  EXPECT_EQ(early.Code(), "key_not_yet");
  EXPECT_EQ(early.Header("Cache-Control"), "no-store");
  const int seconds = std::stoi(early.Header("Retry-After"));
  EXPECT_LE(seconds, 3600);
  EXPECT_GT(seconds, 3500);
  EXPECT_EQ(Licence(session_ + "/film/key/", Kids()).Code(), "key_not_yet");
}

TEST_F(KeyTest, AKeyIsAnsweredFromItsTimeOn) {
  Start();
  const auto soon = static_cast<uint64_t>(UnixNow() + 2);
  key_ = BoxOffice::The().AddKey(nginx_.prefix(), "film", soon);
  EXPECT_EQ(Get(nginx_.port(), session_ + KeyPath()).status, 403);
  EXPECT_TRUE(WaitUntil([&] {
    return Get(nginx_.port(), session_ + KeyPath()).body ==
           AsText(key_.key.view());
  })) << "nobody remembers that it was early";
}

TEST_F(KeyTest, ADamagedKeyIsAnErrorOfTheServerAndIsLogged) {
  Start();
  const auto file = nginx_.prefix() / "keys/film" / (key_.kid.ToHex() + ".key");
  std::string sealed = ReadFile(file);
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  WriteFile(file, sealed);
  const Answer answer = Get(nginx_.port(), session_ + KeyPath());
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.Code(), "key_unavailable");
  EXPECT_TRUE(nginx_.WaitForError(key_.kid.ToHex()));
}

TEST_F(KeyTest, OneBoxCanBeEdgeAndOriginInOneLocation) {
  nginx_.Start(R"(server { listen $port1; location / { usher on;
    usher_content_keys $prefix/keys; usher_master_key $prefix/master.key; }
    location /sneaky/ { usher on; error_page 404 = /film/key/)" +
               key_.kid.ToHex() + R"(; root $prefix/none; } })");
  const std::string session = SessionAt(nginx_.port(), "film");
  EXPECT_EQ(Get(nginx_.port(), session + KeyPath()).body,
            AsText(key_.key.view()));
  const std::string sneaky = SessionAt(nginx_.port(), "sneaky");
  EXPECT_EQ(Get(nginx_.port(), sneaky + "/sneaky/x").status, 403)
      << "an internal redirect leads to no other event's key";
}

}  // namespace
}  // namespace usher::testing
