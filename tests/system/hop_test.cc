// usher_hop_secret in a real nginx: an edge, a shield and an origin, and
// everybody who is none of them.
#include "core/hop/hop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "core/crypto/system_random.h"
#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSegment = "/film/v720/1.m4s";

std::string Secret(int box) {
  return std::to_string(box) + ":" +
         std::string(64, static_cast<char>('a' + box)) + "\n";
}

// An edge (box 1), a shield (box 2) and an origin that knows the shield only.
constexpr std::string_view kTiers = R"(
  proxy_cache_path $prefix/edge keys_zone=edge:1m;
  proxy_cache_path $prefix/shield keys_zone=shield:1m;
  usher_cache_namespace video;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $usher_upstream_host;
  proxy_set_header Usher-Hop $usher_hop;
  proxy_set_header CDN-Loop $usher_cdn_loop;
  proxy_cache_key $usher_cache_key;
  proxy_cache_valid 200 1h;
  log_format hops '$http_usher_hop $usher_hop $http_cdn_loop';
  access_log $prefix/logs/hops.log hops;
  upstream shields { server $port2; keepalive 8; }
  upstream origins { server $port3; keepalive 8; }
  server {
    listen $port1;
    usher_hop_secret $prefix/hop-edge sign_only;
    location / {
      usher on;
      proxy_pass http://shields;
      proxy_cache edge;
      add_header X-Signature "[$usher_hop]";
    }
    location ~ /key/ { usher on; proxy_pass http://shields; proxy_cache off; }
  }
  server {
    listen $port2;
    usher_hop_secret $prefix/hop-shield;
    location / { proxy_pass http://origins; proxy_cache shield; }
    location ~ /key/ { proxy_pass http://origins; proxy_cache off; }
  }
  server {
    listen $port3;
    usher_hop_secret $prefix/hop-origin;
    root $prefix/media;
    location ~ /key/ {
      usher_content_keys $prefix/keys;
      usher_master_key $prefix/master.key;
    }
  }
)";

class HopTest : public ::testing::Test {
 protected:
  HopTest() : key_(BoxOffice::The().AddKey(nginx_.prefix(), "film")) {
    WriteSecrets("hop-edge", {1});
    WriteSecrets("hop-shield", {1, 2});
    WriteSecrets("hop-origin", {2});
    nginx_.Write("media/film/master.m3u8", "#EXTM3U\n");
    nginx_.Write("media" + std::string(kSegment), "a segment");
  }

  void WriteSecrets(const std::string& name, const std::vector<int>& boxes) {
    std::string text;
    for (const int box : boxes) text += Secret(box);
    const auto file = nginx_.prefix() / name;
    const auto next = nginx_.prefix() / (name + ".new");
    WriteFile(next, text);
    std::filesystem::permissions(next, std::filesystem::perms(0640));
    std::filesystem::rename(next, file);
  }

  static uint32_t Now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }
  // What the box would send.
  static std::string SignedBy(int box, const hop::Message& message,
                              uint32_t time = Now()) {
    crypto::SystemRandom random;
    return "Usher-Hop: " + hop::Secrets::Parse(Secret(box), "hops")
                               .value()
                               .Sign(message, time, random)
                               .value();
  }
  static hop::Message For(std::string_view path, std::string_view method) {
    return {.method = method, .host = "video", .path = path};
  }
  static hop::Message Segment() { return For(kSegment, "GET"); }

  Answer AtShield(std::string_view path, const std::string& header) {
    return Get(nginx_.port(2), path, {"Host: video", header});
  }
  Answer AtOrigin(std::string_view path, const std::string& header) {
    return Get(nginx_.port(3), path, {"Host: video", header});
  }
  std::string KeyPath() const { return "/film/key/" + key_.kid.ToHex(); }

  Nginx nginx_;
  keys::ContentKey key_;
};

TEST_F(HopTest, AViewerIsServedThroughThreeTiers) {
  nginx_.Start(kTiers);
  const std::string session = SessionAt(nginx_.port(), "film");
  for (const std::string& target :
       {std::string(kSegment), std::string("/film/master.m3u8?_HLS_msn=7")}) {
    const Answer answer = Get(nginx_.port(), session + target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    EXPECT_EQ(answer.Header("X-Signature"), "[]") << "it must not leak";
  }
  EXPECT_EQ(Get(nginx_.port(), session + std::string(kSegment)).body,
            "a segment");
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", session + "/film/none.m4s").status, 404)
      << "asked for by GET, because it is cached";
  EXPECT_EQ(
      Get(nginx_.port(), session + std::string(kSegment), {"Range: bytes=2-4"})
          .body,
      "seg");
}

TEST_F(HopTest, KeysPassWithTheViewersSession) {
  nginx_.Start(kTiers);
  const std::string session = SessionAt(nginx_.port(), "film");
  const Answer key = Get(nginx_.port(), session + KeyPath());
  EXPECT_EQ(key.body, AsText(key_.key.view())) << key.status;
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", session + KeyPath()).status, 200);
  const Json kids = {{"kids", {ToBase64Url(key_.kid.view())}},
                     {"type", "temporary"}};
  const Answer licence = Ask(nginx_.port(), "POST", session + "/film/key/",
                             {"Content-Type: application/json"}, kids.dump());
  EXPECT_EQ(licence.status, 200) << licence.body;
}

TEST_F(HopTest, NobodyElseIsAnswered) {
  nginx_.Start(kTiers);
  for (const size_t tier : {2, 3}) {
    const uint16_t port = nginx_.port(tier);
    for (const std::string& path : {std::string(kSegment), KeyPath()}) {
      const Answer answer = Get(port, path);
      EXPECT_EQ(answer.status, 403);
      EXPECT_EQ(answer.Code(), "hop_missing");
      EXPECT_EQ(answer.Header("Cache-Control"), "no-store");
      EXPECT_EQ(answer.Count("Access-Control-Allow-Origin"), 1u);
    }
    EXPECT_EQ(Ask(port, "OPTIONS", kSegment).status, 403);
    EXPECT_EQ(Ask(port, "PUT", kSegment, {}, "x").status, 403);
    EXPECT_EQ(Get(port, kSegment, {"Usher-Hop: nonsense"}).Code(),
              "hop_invalid");
  }
  EXPECT_EQ(AtOrigin(kSegment, SignedBy(1, Segment())).Code(), "hop_invalid")
      << "an edge does not pass by the shield";
  EXPECT_EQ(AtOrigin(kSegment, SignedBy(2, Segment())).status, 200);
}

TEST_F(HopTest, ASignatureIsForOneRequest) {
  nginx_.Start(kTiers);
  EXPECT_EQ(AtOrigin("/film/v720/2.m4s", SignedBy(2, Segment())).Code(),
            "hop_invalid");
  EXPECT_EQ(Get(nginx_.port(3), kSegment, {SignedBy(2, Segment())}).Code(),
            "hop_invalid")
      << "another host";
  EXPECT_EQ(AtOrigin("/film/master.m3u8?_HLS_msn=8",
                     SignedBy(2, For("/film/master.m3u8", "GET")))
                .Code(),
            "hop_invalid");
  EXPECT_EQ(AtOrigin(kSegment, SignedBy(2, Segment(), Now() - 60)).Code(),
            "hop_expired");
  const std::string once = SignedBy(2, Segment());
  EXPECT_EQ(Get(nginx_.port(3), kSegment, {"Host: video", once, once}).Code(),
            "hop_missing")
      << "two headers are none";
}

TEST_F(HopTest, AReplayIsRefusedByEveryWorkerAndAfterAReload) {
  nginx_.SetWorkers(4);
  nginx_.Start(kTiers);
  const std::string header = SignedBy(2, Segment());
  int answered = 0;
  int replayed = 0;
  for (int i = 0; i < 40; ++i) {
    const Answer answer = AtOrigin(kSegment, header);
    answered += answer.status == 200;
    replayed += answer.Code() == "hop_replayed";
  }
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(replayed, 39);
  nginx_.Reload();
  EXPECT_EQ(AtOrigin(kSegment, header).Code(), "hop_replayed");
}

// The memory is a box's own, or a retry at the next shield would be refused.
TEST_F(HopTest, AnotherBoxHasAMemoryOfItsOwn) {
  nginx_.Start(kTiers);
  Nginx other;
  other.Write("hops", Secret(2));
  std::filesystem::permissions(other.prefix() / "hops",
                               std::filesystem::perms(0640));
  other.Write("media" + std::string(kSegment), "a segment");
  other.Start(
      "server { listen $port1; usher_hop_secret $prefix/hops;"
      " root $prefix/media; }");
  const std::string header = SignedBy(2, Segment());
  EXPECT_EQ(AtOrigin(kSegment, header).status, 200);
  EXPECT_EQ(Get(other.port(), kSegment, {"Host: video", header}).status, 200);
}

TEST_F(HopTest, EachAttemptAtAnUpstreamIsSignedAnew) {
  std::string refused_head;
  ScriptedOrigin failing([&](const OriginRequest& request) {
    refused_head = request.head;
    return OriginReply{.status = 502};
  });
  RecordingOrigin good;
  nginx_.Start(
      "upstream shields { server 127.0.0.1:" + std::to_string(failing.port()) +
      "; server " + good.address() +
      " backup; }"
      "server { listen $port1; usher_hop_secret $prefix/hop-edge sign_only;"
      " proxy_set_header Host video; usher_cache_namespace video;"
      " proxy_set_header Usher-Hop $usher_hop;"
      " proxy_next_upstream error http_502;"
      " location /film/ { usher on; proxy_pass http://shields; } }"
      "server { listen $port2; usher_hop_secret $prefix/hop-shield;"
      " root $prefix/media; }");
  const std::string session = SessionAt(nginx_.port(), "film");
  EXPECT_EQ(Get(nginx_.port(), session + std::string(kSegment)).status, 200);
  EXPECT_EQ(failing.requests(), 1);
  const std::string heads = good.heads();
  const size_t at = heads.find("Usher-Hop: ");
  ASSERT_NE(at, std::string::npos) << heads;
  const std::string header = heads.substr(at, heads.find('\r', at) - at);
  EXPECT_TRUE(refused_head.contains("Usher-Hop: "));
  EXPECT_FALSE(refused_head.contains(header));
  EXPECT_EQ(AtShield(kSegment, header).status, 200) << header;
}

TEST_F(HopTest, AKeyNeedsAGoodSessionToo) {
  nginx_.Start(kTiers);
  const std::string path = KeyPath();
  hop::Message key = For(path, "GET");
  EXPECT_EQ(AtOrigin(KeyPath(), SignedBy(2, key)).Code(), "session_invalid");
  key.credential = "nonsense";
  EXPECT_EQ(AtOrigin(KeyPath(), SignedBy(2, key)).Code(), "session_invalid");
  const std::string other =
      CredentialOf(SessionAt(nginx_.port(), "other") + "/");
  key.credential = other;
  EXPECT_EQ(AtOrigin(KeyPath(), SignedBy(2, key)).Code(), "session_invalid");
  const std::string own = CredentialOf(SessionAt(nginx_.port(), "film") + "/");
  key.credential = own;
  EXPECT_EQ(AtOrigin(KeyPath(), SignedBy(2, key)).body,
            AsText(key_.key.view()));
}

TEST_F(HopTest, ABodyThatWasNotSignedOpensNoKey) {
  nginx_.Start(kTiers);
  const std::string own = CredentialOf(SessionAt(nginx_.port(), "film") + "/");
  const std::string body =
      Json({{"kids", {ToBase64Url(key_.kid.view())}}, {"type", "temporary"}})
          .dump();
  hop::Message post = For("/film/key/", "POST");
  post.credential = own;
  const auto send = [&](size_t tier, int box) {
    return Ask(nginx_.port(tier), "POST", "/film/key/",
               {"Host: video", SignedBy(box, post)}, body);
  };
  EXPECT_EQ(send(3, 2).Code(), "hop_invalid") << "no digest";
  post.body = crypto::Sha256(AsBytes("{}"));
  EXPECT_EQ(send(3, 2).Code(), "hop_invalid") << "another body's digest";
  EXPECT_EQ(send(2, 1).Code(), "hop_missing") << "a shield signs no such thing";
  post.body = crypto::Sha256(AsBytes(body));
  EXPECT_EQ(send(3, 2).status, 200);
  EXPECT_EQ(send(2, 1).status, 200);
}

TEST_F(HopTest, ABoxIsRevokedWithoutAReload) {
  nginx_.Start(kTiers);
  EXPECT_EQ(AtShield(kSegment, SignedBy(1, Segment())).status, 200);
  WriteSecrets("hop-shield", {2});
  ASSERT_TRUE(WaitUntil([&] {
    return CountOf(nginx_.ErrorLog(), "hop-shield was re-read") == 2;
  })) << "once by each worker";
  EXPECT_EQ(AtShield(kSegment, SignedBy(1, Segment())).Code(), "hop_invalid");
}

TEST_F(HopTest, ALoopEndsWhereItBegan) {
  nginx_.Start(R"(
    proxy_set_header CDN-Loop $usher_cdn_loop;
    proxy_set_header Usher-Hop $usher_hop;
    proxy_set_header Host $usher_upstream_host;
    usher_cache_namespace video;
    server { listen $port1; usher_hop_secret $prefix/hop-edge sign_only;
      location / { proxy_pass http://$port2; } }
    server { listen $port2; usher_hop_secret $prefix/hop-shield;
      location / { proxy_pass http://$port1; } })");
  const Answer answer = Get(nginx_.port(), kSegment);
  EXPECT_EQ(answer.status, 508);
  EXPECT_EQ(answer.Code(), "loop_detected");
  EXPECT_EQ(CountOf(nginx_.AccessLog(), kSegment), 3u)
      << "there, and back again";
}

TEST_F(HopTest, ForeignNamesInCdnLoopArePassedOnAmongBoxesOnly) {
  RecordingOrigin origin;
  nginx_.Start(
      "proxy_set_header CDN-Loop $usher_cdn_loop;"
      "server { listen $port1; usher_hop_secret $prefix/hop-edge"
      " sign_only; location / { proxy_pass http://" +
      origin.address() +
      "; } }"
      "server { listen $port2; usher_hop_secret $prefix/hop-shield;"
      " location / { proxy_pass http://" +
      origin.address() + "; } }");
  Get(nginx_.port(1), "/film/x", {"CDN-Loop: other"});
  EXPECT_FALSE(origin.heads().contains("other"));
  EXPECT_TRUE(origin.heads().contains("CDN-Loop: usher-"));
  Get(nginx_.port(2), "/film/x",
      {"Host: video", SignedBy(1, For("/film/x", "GET")), "CDN-Loop: other",
       "CDN-Loop: usher-0; a=b"});
  EXPECT_TRUE(origin.heads().contains("CDN-Loop: other, usher-0; a=b, usher-"))
      << origin.heads();
}

TEST_F(HopTest, NoLogHoldsASignatureOrTheSessionInIt) {
  nginx_.Start(kTiers);
  const std::string session = SessionAt(nginx_.port(), "film");
  ASSERT_EQ(Get(nginx_.port(), session + KeyPath()).status, 200);
  const std::string header = SignedBy(1, Segment());
  AtOrigin(kSegment, header);
  nginx_.Stop();
  const std::string logs = nginx_.AllLogs();
  EXPECT_FALSE(logs.contains(CredentialOf(session + "/")));
  EXPECT_FALSE(logs.contains("AQAA")) << "how records begin";
  EXPECT_FALSE(logs.contains(std::string(64, 'b')));
  EXPECT_TRUE(logs.contains("refused, hop_invalid"));
}

TEST_F(HopTest, AConfigurationThatCannotHoldIsRefused) {
  nginx_.ExpectAlarm("nginx.conf:");
  const auto error = [&](const std::string& server, const std::string& http) {
    return nginx_.Test(http + "server { listen $port1; " + server + " }").err;
  };
  EXPECT_TRUE(error("usher_hop_secret $prefix/none;", "").contains("none"));
  EXPECT_TRUE(error("usher_hop_secret $prefix/hop-edge both;", "")
                  .contains("sign_only"));
  nginx_.Write("hop-public", Secret(1));
  std::filesystem::permissions(nginx_.prefix() / "hop-public",
                               std::filesystem::perms(0644));
  EXPECT_TRUE(
      error("usher_hop_secret $prefix/hop-public;", "").contains("hop-public"));
  EXPECT_TRUE(error("usher_hop_secret $prefix/hop-origin; location / {"
                    " usher_content_keys $prefix/keys;"
                    " usher_master_key $prefix/master.key; }",
                    "# no usher_session_secrets\n")
                  .contains("cannot tell whose session"));
}

}  // namespace
}  // namespace usher::testing
