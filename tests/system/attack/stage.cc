#include "tests/system/attack/stage.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/base64url.h"
#include "core/base/hex.h"
#include "core/crypto/system_random.h"
#include "tests/system/attack/http2_client.h"

namespace usher::testing {
namespace {

constexpr std::string_view kHouse = R"(
  proxy_cache_path $prefix/cache keys_zone=c:1m;
  server {
    listen $port1; listen $port2 http2;
    usher_ticket_from query:ticket cookie:ticket bearer;
    lingering_timeout 100ms;
    location / {
      usher on;
      proxy_pass http://$port3; proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache c; proxy_cache_key $usher_cache_key;
      proxy_cache_valid 200 1h; proxy_ignore_headers Cache-Control;
    }
  }
  server {
    listen $port3; root $prefix/media;
    location / { }
    location ~ ^/[^/]+/key/ { usher_content_keys $prefix/keys;
                              usher_master_key $prefix/master.key; }
  })";

std::string RandomHex(size_t bytes) {
  crypto::SystemRandom random;
  Bytes noise(bytes);
  random.Fill(noise);
  return ToHex(noise);
}

}  // namespace

Stage::Stage(std::string_view jwks)
    : film_key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")),
      media_(RandomHex(32)) {
  if (!jwks.empty()) {
    nginx_.Write("jwks.json", jwks);
    // It may hold a shared secret.
    std::filesystem::permissions(nginx_.prefix() / "jwks.json",
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write);
  }
  for (const char* file : {"media/film/master.m3u8", "media/film/v720/init.mp4",
                           "media/film/v720/1.m4s", "media/film/index.html",
                           "media/film-2/v720/1.m4s"}) {
    nginx_.Write(file, media_);
  }
  nginx_.Write("media/own/v720/1.m4s", "own segment");
  nginx_.Write("media/own/master.m3u8", "own playlist");
  nginx_.Start(kHouse);
}

std::string Stage::Session(std::string_view event) const {
  return SessionAt(port(), event);
}

std::string Stage::KeyPath() const {
  return "/film/key/" + film_key_.kid.ToHex();
}

bool Stage::IsGivenAway(std::string_view text) const {
  // Eight bytes in a row are no accident.
  const auto holds = [text](std::string_view secret) {
    return text.contains(secret.substr(0, secret.size() / 2)) ||
           text.contains(secret.substr(secret.size() / 2));
  };
  const ByteView key = film_key_.key.view();
  return holds(media_) || holds(AsText(key)) || holds(ToHex(key)) ||
         holds(ToBase64Url(key));
}

void Stage::Judge(const Attack& attack, const Answer& answer,
                  std::string_view protocol) {
  ++judged_;
  ExpectAnswer(attack, answer, protocol,
               [this](std::string_view text) { return IsGivenAway(text); });
}

void Stage::WithstandsHttp1(std::span<const Attack> attacks) {
  for (const Attack& attack : attacks) {
    Judge(
        attack,
        Ask(port(), attack.method, attack.target, attack.headers, attack.body),
        "HTTP/1.1");
  }
  StillServes();
}

void Stage::Withstands(std::span<const Attack> attacks) {
  for (const Attack& attack : attacks) {
    Judge(attack,
          AskHttp2(http2_port(), attack.method, attack.target, attack.headers,
                   attack.body),
          "HTTP/2");
  }
  WithstandsHttp1(attacks);
}

void Stage::StillServes() {
  // Counted in the report of --gtest_output=xml.
  ::testing::Test::RecordProperty("attacks", judged_);
  const std::string session = Session("film");
  EXPECT_EQ(Get(port(), session + std::string(kSegment)).body, media_);
  EXPECT_EQ(Get(port(), session + KeyPath()).body,
            AsText(film_key_.key.view()));
  EXPECT_EQ(AskHttp2(http2_port(), "GET", session + std::string(kSegment)).body,
            media_);
}

}  // namespace usher::testing
