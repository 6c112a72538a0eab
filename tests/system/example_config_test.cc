// config/nginx.conf.example as it is, with its paths, names and ports replaced.
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/base64url.h"
#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;
using fs::perms;
using Json = nlohmann::json;

constexpr std::string_view kMpd =
    R"(<MPD><ck:Laurl Lic_type="EME-1.0">urn:usher:licence</ck:Laurl></MPD>)";

class ExampleConfigTest : public ::testing::Test {
 protected:
  ExampleConfigTest() : key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {
    nginx_.Write("lib/media/film/master.m3u8", "#EXTM3U\nv720/media.m3u8\n");
    nginx_.Write("lib/media/film/manifest.mpd", kMpd);
    nginx_.Write("lib/media/film/v720/media.m3u8", "#EXTM3U\n1.m4s\n");
    nginx_.Write("lib/media/film/v720/1.m4s", std::string(100'000, 'x'));
    nginx_.Write("watch/index.html", "<title>watch</title>");
    fs::create_directory(nginx_.prefix() / "cache");
    fs::rename(nginx_.prefix() / "keys", nginx_.prefix() / "lib/keys");
    MakeSecrets();
    nginx_.StartFile(Substituted());
  }

  void MakeSecrets() {
    const std::string etc = (nginx_.prefix() / "etc").string();
    fs::create_directories(etc + "/tls");
    fs::rename(nginx_.prefix() / "jwks.json", etc + "/ticket-keys.json");
    fs::rename(nginx_.prefix() / "session-secrets", etc + "/session-secrets");
    fs::rename(nginx_.prefix() / "master.key", etc + "/master.key");
    WriteFile(etc + "/ingest.htpasswd", "packager:{PLAIN}pushed\n");
    WriteFile(etc + "/control-secret", std::string(64, 'c') + "\n");
    fs::permissions(etc + "/control-secret",
                    perms::owner_read | perms::owner_write | perms::group_read);
    fs::create_directories(nginx_.prefix() / "lib/state");
    const ProcessResult made =
        RunProcess({"openssl", "req", "-x509", "-nodes", "-newkey", "ec",
                    "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2",
                    "-subj", "/CN=test", "-keyout", etc + "/tls/privkey.pem",
                    "-out", etc + "/tls/fullchain.pem"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
  }

  // Only what its first comment says is to be replaced.
  std::string Substituted() {
    std::string text = ReadFile(USHER_SOURCE_DIR "/config/nginx.conf.example");
    const std::pair<std::string_view, std::string> replacements[] = {
        {"/usr/lib/nginx/modules/ngx_http_usher_module.so", USHER_MODULE},
        {"video.example.com", "127.0.0.1"},
        {"/etc/usher", "$prefix/etc"},
        {"/var/lib/usher", "$prefix/lib"},
        {"/usr/share/usher/watch", "$prefix/watch"},
        {"/usr/share/usher/operator", "$prefix/operator"},
        {"/var/cache/nginx", "$prefix/cache"},
        {"/var/log/nginx", "$prefix/logs"},
        {"/run/nginx.pid", "$prefix/nginx.pid"},
        {"user www-data;", geteuid() == 0 ? "user root;" : ""},
        {"    listen [::]:80;\n", ""},
        {"    listen [::]:443 ssl http2;\n", ""},
        {"    listen [::]:8444 ssl;\n", ""},
        {"listen 443 ", "listen $port1 "},
        {"127.0.0.1:8081", "$port2"},
        {"listen 8444 ", "listen $port3 "},
        {"listen 80;", "listen $port4;"},
        {"        listen 127.0.0.1:8090;", "        listen unix:$prefix/st;"},
    };
    for (const auto& [from, to] : replacements) {
      const size_t at = text.find(from);
      EXPECT_NE(at, std::string::npos) << from;
      for (size_t next = at;
           (next = text.find(from, next)) != std::string::npos;
           next += to.size()) {
        text.replace(next, from.size(), to);
      }
    }
    return text;
  }

  Answer Fetch(std::string_view target, std::vector<std::string> options = {}) {
    return GetUrl("https://127.0.0.1:" + std::to_string(nginx_.port(1)) +
                      std::string(target),
                  std::move(options));
  }
  std::string Ticket(std::string_view event = "film") {
    return BoxOffice::The().Ticket(event);
  }
  std::string Session() {
    const std::string location =
        Fetch("/film/master.m3u8?ticket=" + Ticket()).Header("Location");
    return location.substr(0, location.find('/', 3));
  }

  Nginx nginx_;
  keys::ContentKey key_;
};

TEST_F(ExampleConfigTest, AViewerPlaysThroughItOverHttpTwoAndTls) {
  const std::string session = Session();
  for (const char* path : {"/film/master.m3u8", "/film/v720/media.m3u8",
                           "/film/v720/1.m4s", "/film/manifest.mpd"}) {
    const Answer answer = Fetch(session + path, {"--http2"});
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.Count("access-control-allow-origin"), 1u) << path;
    EXPECT_EQ(answer.Header("strict-transport-security"), "max-age=31536000");
    EXPECT_EQ(answer.Header("x-cache"), "MISS") << path;
  }
  EXPECT_EQ(Fetch("/film/master.m3u8").status, 401);
  EXPECT_EQ(Fetch("/film/master.m3u8").Header("strict-transport-security"),
            "max-age=31536000");
}

TEST_F(ExampleConfigTest, TheSecondViewerIsServedFromTheCache) {
  EXPECT_EQ(Fetch(Session() + "/film/v720/1.m4s").Header("x-cache"), "MISS");
  const Answer answer = Fetch(Session() + "/film/v720/1.m4s");
  EXPECT_EQ(answer.Header("x-cache"), "HIT");
  EXPECT_EQ(answer.Header("cache-control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(answer.body.size(), 100'000u);
  const Answer part = Fetch(Session() + "/film/v720/1.m4s", {"-r", "99990-"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "xxxxxxxxxx");
}

// Of a film in one file only what was asked for is fetched and kept.
TEST_F(ExampleConfigTest, RangesOfASingleFileAreCachedInSlices) {
  constexpr size_t kSlice = 1 << 20;
  std::string film(5 * kSlice, 'x');
  film.replace(3 * kSlice - 4, 8, "01234567");
  nginx_.Write("lib/media/film/v720/v720.mp4", film);
  const std::string range =
      std::to_string(3 * kSlice - 4) + "-" + std::to_string(3 * kSlice + 3);
  const std::string url = Session() + "/film/v720/v720.mp4";
  for (const char* cache : {"MISS", "HIT"}) {
    const Answer part = Fetch(url, {"-r", range});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "01234567");
    EXPECT_EQ(part.Header("x-cache"), cache);
  }
  size_t kept = 0;
  for (const auto& file :
       fs::recursive_directory_iterator(nginx_.prefix() / "cache")) {
    if (file.is_regular_file()) kept += file.file_size();
  }
  EXPECT_GE(kept, 2 * kSlice);
  EXPECT_LT(kept, 3 * kSlice);
  EXPECT_TRUE(Fetch(url).body == film);
}

TEST_F(ExampleConfigTest, PlaylistsAreCompressedAndShortLived) {
  const std::string url = Session() + "/film/master.m3u8";
  const Answer answer = Fetch(url, {"-H", "Accept-Encoding: gzip"});
  EXPECT_EQ(answer.Header("content-encoding"), "gzip");
  EXPECT_EQ(answer.Header("cache-control"), "public, max-age=1");
  EXPECT_EQ(Fetch(url).body, "#EXTM3U\nv720/media.m3u8\n");
}

TEST_F(ExampleConfigTest, EachViewersMpdNamesTheViewersOwnLicenceUrl) {
  for (int viewer = 0; viewer < 2; ++viewer) {
    const std::string session = Session();
    const Answer answer = Fetch(session + "/film/manifest.mpd");
    const std::string licence =
        "https://127.0.0.1:" + std::to_string(nginx_.port(1)) + session +
        "/film/key/";
    EXPECT_EQ(answer.body, "<MPD><ck:Laurl Lic_type=\"EME-1.0\">" + licence +
                               "</ck:Laurl></MPD>");
    const Answer keys =
        GetUrl(licence, {"-d", Json({{"kids", {ToBase64Url(key_.kid.view())}},
                                     {"type", "temporary"}})
                                   .dump()});
    EXPECT_EQ(Json::parse(keys.body)["keys"][0]["k"],
              ToBase64Url(key_.key.view()));
  }
}

TEST_F(ExampleConfigTest, NoHeaderOfAViewersReachesTheOrigin) {
  const RecordingOrigin origin;
  std::string text = Substituted();
  const std::string_view own = "server $port2;";
  ASSERT_NE(text.find(own), std::string::npos);
  text.replace(text.find(own), own.size(), "server " + origin.address() + ";");
  nginx_.Stop();
  nginx_.StartFile(text);
  const std::string session = Session();
  for (const char* path : {"/film/v720/1.m4s", "/film/v720/media.m3u8",
                           "/film/manifest.mpd", "/film/key/00"}) {
    const Answer answer =
        Fetch(session + path, {"-A", "evil",
                               "-e", "https://evil/",
                               "-b", "evil=1",
                               "-H", "Origin: https://evil",
                               "-H", "X-Forwarded-Host: evil",
                               "-H", "X-Forwarded-For: evil",
                               "-H", "Forwarded: host=evil",
                               "-H", "X-Original-URL: /evil",
                               "-H", "X-Rewrite-URL: /evil",
                               "-H", "Accept-Language: evil",
                               "-H", "Accept: evil/evil",
                               "-H", "Authorization: Basic evil",
                               "-H", "X-Unheard-Of: evil"});
    EXPECT_EQ(answer.status, 200) << path;
  }
  EXPECT_EQ(origin.requests(), 4);
  EXPECT_FALSE(origin.heads().contains("evil")) << origin.heads();
}

TEST_F(ExampleConfigTest, KeysComeFreshFromTheOriginEachTime) {
  const std::string path = "/film/key/" + key_.kid.ToHex();
  const std::string session = Session();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = Fetch(session + path);
    EXPECT_EQ(answer.body, AsText(key_.key.view()));
    EXPECT_EQ(answer.Header("cache-control"), "private, max-age=300");
    EXPECT_EQ(answer.Header("x-cache"), "");
  }
  EXPECT_EQ(Fetch(path).status, 401);
}

TEST_F(ExampleConfigTest, WhatIsMissingIsForgottenAtOnceByTheViewer) {
  const Answer answer = Fetch(Session() + "/film/v720/2.m4s");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.Header("cache-control"), "no-store");
  EXPECT_EQ(answer.Count("access-control-allow-origin"), 1u);
}

TEST_F(ExampleConfigTest, ThePageIsOpenAndOpensSessions) {
  EXPECT_EQ(Fetch("/usher/watch/").body, "<title>watch</title>");
  EXPECT_EQ(Fetch("/").Header("location").substr(0, 5), "https");
  const Answer answer =
      Fetch("/usher/session", {"-H", "Content-Type: application/json", "-d",
                               Json({{"ticket", Ticket()}}).dump()});
  ASSERT_EQ(answer.status, 200);
  const std::string base = Json::parse(answer.body)["base"];
  EXPECT_EQ(Fetch(base + "master.m3u8").status, 200);
}

TEST_F(ExampleConfigTest, PlainHttpIsSentToTls) {
  const Answer answer = Get(nginx_.port(4), "/film/master.m3u8?ticket=t");
  EXPECT_EQ(answer.status, 301);
  EXPECT_EQ(answer.Header("Location"),
            "https://127.0.0.1/film/master.m3u8?ticket=t");
}

TEST_F(ExampleConfigTest, OldTlsIsRefused) {
  EXPECT_EQ(Fetch("/", {"--tls-max", "1.1"}).status, 0);
  EXPECT_NE(Fetch("/", {"--tls-max", "1.2"}).status, 0);
}

TEST_F(ExampleConfigTest, OnlyThePackagerPublishes) {
  const std::string url =
      "https://127.0.0.1:" + std::to_string(nginx_.port(3)) +
      "/media/new/v720/1.m4s";
  const auto put = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"-X", "PUT", "-d", "segment"});
    return GetUrl(url, options).status;
  };
  EXPECT_EQ(put({}), 401);
  EXPECT_EQ(put({"-u", "packager:wrong"}), 401);
  EXPECT_EQ(put({"-u", "packager:pushed"}), 201);
  EXPECT_EQ(put({"-u", "packager:pushed"}), 204);
  EXPECT_EQ(ReadFile(nginx_.prefix() / "lib/media/new/v720/1.m4s"), "segment");
  EXPECT_EQ(GetUrl(url, {"-u", "packager:pushed"}).status, 403) << "write only";
  EXPECT_EQ(
      Fetch(Session() + "/film/v720/1.m4s", {"-X", "PUT", "-d", "x"}).status,
      405);
}

TEST_F(ExampleConfigTest, ItsStatusCountsAndItsLogsKeepNoSecret) {
  const std::string session = Session();
  Fetch(session + "/film/master.m3u8",
        {"-H", "Referer: https://x/s/" + session});
  Fetch("/film/x?ticket=" + Ticket());
  const std::string unix_socket = (nginx_.prefix() / "st").string();
  EXPECT_TRUE(GetUrl("http://status/status", {"--unix-socket", unix_socket})
                  .body.contains("\"live\": 1"));
  EXPECT_TRUE(GetUrl("http://status/metrics", {"--unix-socket", unix_socket})
                  .body.contains("usher_sessions_live 1"));
  nginx_.Stop();
  const std::string logs = nginx_.AllLogs();
  EXPECT_TRUE(logs.contains("\"GET /film/master.m3u8 HTTP/2.0\" 200"));
  EXPECT_TRUE(logs.contains("verdict=admitted"));
  EXPECT_FALSE(logs.contains(session.substr(40, 40)));
  EXPECT_FALSE(logs.contains(Ticket().substr(0, 20)));
}

}  // namespace
}  // namespace usher::testing
