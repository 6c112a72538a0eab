// Tokens of RFC 9246 at a real edge.
#include <gtest/gtest.h>

#include <string>

#include "core/base/base64url.h"
#include "core/crypto/digest.h"
#include "core/ticket/signer.h"
#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

class SignedUriTest : public ::testing::Test {
 protected:
  void StartEdge(const std::string& directives = {}) {
    nginx_.Start("server { listen $port1; " + directives +
                 " location / { usher on; proxy_pass http://" +
                 origin_.address() + "; } location = /status {" +
                 " usher off; usher_status; } }");
  }
  std::string Base() const {
    return "http://127.0.0.1:" + std::to_string(nginx_.port());
  }
  // A token for `container`, with `members` besides.
  static std::string Token(const std::string& container,
                           const std::string& members = {}) {
    return BoxOffice::The().Sign(
        "{\"exp\":" + std::to_string(UnixNow() + 3600) + ",\"cdniuc\":\"" +
        container + "\"" + (members.empty() ? "" : "," + members) + "}");
  }
  static std::string HashOf(const std::string& uri) {
    return "hash:sha-256;" + ToBase64Url(crypto::Sha256(AsBytes(uri)));
  }
  std::string WholeEvent() const { return "regex:" + Base() + "/film/.*"; }
  Answer Show(std::string_view path, const std::string& token) const {
    return Get(nginx_.port(),
               std::string(path) + "?URISigningPackage=" + token);
  }
  int Use(const std::string& location) const {
    return Get(nginx_.port(), location).status;
  }
  std::string Live() const { return Get(nginx_.port(), "/status").body; }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(SignedUriTest, AContainerOfTheWholeEventOpensAnOrdinarySession) {
  StartEdge();
  const std::string location =
      Show("/film/master.m3u8", Token(WholeEvent())).Header("Location");
  ASSERT_TRUE(location.ends_with("/film/master.m3u8")) << location;
  const std::string session = location.substr(0, location.find('/', 3));
  for (const char* path : {"/film/master.m3u8", "/film/v720/1.m4s",
                           "/film/key/00112233445566778899aabbccddeeff"}) {
    EXPECT_EQ(Use(session + path), 200) << path;
  }
  EXPECT_EQ(Use(session + "/other/x"), 403);
  EXPECT_TRUE(Live().contains("\"live\": 1"));
}

TEST_F(SignedUriTest, OneTokenIsOneTicketWithItsSeats) {
  StartEdge("usher_seats_policy reject_new;");
  const std::string token = Token(WholeEvent());
  const std::string first = Show("/film/x", token).Header("Location");
  const std::string second = Show("/film/x", token).Header("Location");
  EXPECT_EQ(Use(first), 200);
  EXPECT_EQ(Get(nginx_.port(), second).Code(), "seats_taken");
}

TEST_F(SignedUriTest, AHashOpensItsOneUriAndTakesNoSeat) {
  StartEdge();
  const std::string path = "/film/thumbnails/1.jpg";
  const std::string token = Token(HashOf(Base() + path));
  const std::string location = Show(path, token).Header("Location");
  ASSERT_TRUE(location.ends_with(path)) << location;
  EXPECT_EQ(Use(location), 200);
  const std::string session = location.substr(0, location.find('/', 3));
  for (const char* other :
       {"/film/thumbnails/2.jpg", "/film/master.m3u8", "/film/key/",
        "/film/thumbnails/1.jpg/x", "/film/thumbnails/"}) {
    const Answer refused = Get(nginx_.port(), session + other);
    EXPECT_EQ(refused.status, 403) << other;
    EXPECT_EQ(refused.Code(), "session_invalid") << other;
  }
  EXPECT_TRUE(Live().contains("\"live\": 0")) << Live();
  EXPECT_EQ(Show("/film/thumbnails/2.jpg", token).Code(), "ticket_scope");
}

TEST_F(SignedUriTest, AHashSaysWhichPositionOfAPlaylist) {
  StartEdge();
  const std::string path = "/film/v720/media.m3u8";
  const std::string token = Token(HashOf(Base() + path + "?_HLS_msn=7"));
  const Answer opened = Get(nginx_.port(), path +
                                               "?_HLS_msn=7&"
                                               "URISigningPackage=" +
                                               token);
  const std::string location = opened.Header("Location");
  ASSERT_TRUE(location.ends_with("?_HLS_msn=7")) << location;
  EXPECT_EQ(Use(location), 200);
  std::string other = location;
  other.back() = '8';
  EXPECT_EQ(Use(other), 403);
  other.resize(other.find('?'));
  EXPECT_EQ(Use(other), 403);
}

TEST_F(SignedUriTest, APartOfTheEventIsRefusedAndTheLogSaysWhy) {
  StartEdge("error_log $prefix/logs/error.log info;");
  const Answer refused =
      Show("/film/v720/1.m4s", Token("regex:" + Base() + "/film/v720/.*"));
  EXPECT_EQ(refused.Code(), "ticket_scope");
  EXPECT_TRUE(nginx_.WaitForError("cdniuc holds a part of the event"));
}

TEST_F(SignedUriTest, TheTokenMayStandInACookieAndInABearer) {
  StartEdge("usher_ticket_from cookie:URISigningPackage bearer;");
  const std::string token = Token(HashOf(Base() + "/film/x?a=1"));
  EXPECT_EQ(
      Get(nginx_.port(), "/film/x?a=1", {"Cookie: URISigningPackage=" + token})
          .status,
      302);
  EXPECT_EQ(
      Get(nginx_.port(), "/film/x?a=1", {"Authorization: Bearer " + token})
          .status,
      302);
  EXPECT_EQ(
      Get(nginx_.port(), "/film/x", {"Authorization: Bearer " + token}).Code(),
      "ticket_scope")
      << "another query is another URI";
}

TEST_F(SignedUriTest, BehindAProxyTheUriIsTheOneTheViewerHas) {
  StartEdge(
      "usher_viewer_scheme $http_x_forwarded_proto;"
      "usher_viewer_host $http_x_forwarded_host;");
  const std::string token = Token("regex:https://tv\\\\.example/film/.*");
  const std::string target = "/film/x?URISigningPackage=" + token;
  EXPECT_EQ(
      Get(nginx_.port(), target,
          {"X-Forwarded-Proto: https", "X-Forwarded-Host: TV.example:443"})
          .status,
      302);
  EXPECT_EQ(Get(nginx_.port(), target,
                {"X-Forwarded-Proto: http", "X-Forwarded-Host: tv.example"})
                .Code(),
            "ticket_scope");
  EXPECT_EQ(Get(nginx_.port(), target).Code(), "ticket_scope");
}

TEST_F(SignedUriTest, APageOpensTheWholeEventOnly) {
  StartEdge();
  const auto post = [&](const std::string& token) {
    return Ask(
        nginx_.port(), "POST", "/usher/session",
        {"Content-Type: application/json", "Authorization: Bearer " + token},
        R"({"event":"film"})");
  };
  EXPECT_EQ(post(Token(WholeEvent())).status, 200);
  EXPECT_EQ(post(Token(HashOf(Base() + "/film/master.m3u8"))).Code(),
            "ticket_scope");
}

TEST_F(SignedUriTest, ARenewedTokensSessionOutlivesIt) {
  StartEdge();
  const auto seconds_left = [&](const std::string& members) {
    const Answer opened =
        Ask(nginx_.port(), "POST", "/usher/session",
            {"Content-Type: application/json",
             "Authorization: Bearer " + Token(WholeEvent(), members)},
            R"({"event":"film"})");
    const size_t at = opened.body.find("\"expires\":");
    return at == std::string::npos
               ? -1
               : std::stoll(opened.body.substr(at + 10)) - UnixNow();
  };
  EXPECT_LE(seconds_left(""), 3600) << "no leeway";
  EXPECT_GT(seconds_left(R"("cdnistt":1,"cdniets":30)"), 5 * 3600);
}

TEST_F(SignedUriTest, NoTokenReachesTheOriginOrALog) {
  StartEdge();
  const std::string token = Token(WholeEvent());
  const std::string location = Show("/film/x", token).Header("Location");
  EXPECT_EQ(Use(location + "?URISigningPackage=" + token), 200);
  EXPECT_EQ(Show("/film/x", token + "x").status, 403);
  nginx_.Stop();
  EXPECT_FALSE(nginx_.AllLogs().contains(token));
  EXPECT_FALSE(origin_.heads().contains("URISigningPackage"));
}

}  // namespace
}  // namespace usher::testing
