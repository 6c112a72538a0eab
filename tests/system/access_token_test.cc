// Common Access Tokens (CTA-5007-B) at a real edge.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/base64url.h"
#include "tests/core/ticket/cbor_text.h"
#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

using cbor::Array;
using cbor::ByteString;
using cbor::Head;
using cbor::Int;
using cbor::Map;
using cbor::Tag;
using cbor::Text;

// Of claims that are written already; exp is added.
std::string Token(const std::vector<std::string>& claims) {
  std::string payload =
      Head(5, claims.size() + 1) + Int(4) + Int(UnixNow() + 3600);
  for (const std::string& claim : claims) payload += claim;
  const std::string header = Map({Int(1), Int(-7)});
  const std::string to_sign = Array({Text("Signature1"), ByteString(header),
                                     ByteString(""), ByteString(payload)});
  return ToBase64Url(AsBytes(
      Tag(61, Tag(18, Array({ByteString(header),
                             Map({Int(4), ByteString("box-office")}),
                             ByteString(payload),
                             ByteString(AsText(BoxOffice::The().SignBytes(
                                 AsBytes(to_sign))))})))));
}

std::string UnderPath(const std::string& prefix) {
  return Int(312) + Map({Int(3), Map({Int(1), Text(prefix)})});
}

class AccessTokenTest : public ::testing::Test {
 protected:
  void StartEdge(const std::string& directives = {}) {
    nginx_.Start(
        "set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
        " server { listen $port1; " +
        directives + " location / { usher on; proxy_pass http://" +
        origin_.address() + "; } }");
  }
  Answer Show(const std::string& token, const Headers& headers = {}) const {
    return Get(nginx_.port(), "/film/master.m3u8?CAT=" + token, headers);
  }
  std::string SessionOf(const std::string& token,
                        const Headers& headers = {}) const {
    const std::string location = Show(token, headers).Header("Location");
    return location.substr(0, location.find('/', 3));
  }

  Nginx nginx_;
  RecordingOrigin origin_;
};

TEST_F(AccessTokenTest, OpensASessionFromArgumentHeaderAndCookie) {
  StartEdge(
      "usher_ticket_from query:CAT header:CTA-Common-Access-Token"
      " cookie:CAT;");
  const std::string token = Token({UnderPath("/film/")});
  EXPECT_EQ(Show(token).status, 302);
  EXPECT_EQ(Get(nginx_.port(), "/film/x", {"Cookie: CAT=" + token}).status,
            302);
  const Answer opened = Get(nginx_.port(), "/film/v720/1.m4s",
                            {"CTA-Common-Access-Token: " + token});
  EXPECT_EQ(opened.status, 302);
  EXPECT_EQ(Get(nginx_.port(), opened.Header("Location")).status, 200);
}

TEST_F(AccessTokenTest, ArgumentAndHeaderWorkWithoutConfiguration) {
  StartEdge();
  const std::string token = Token({UnderPath("/film/")});
  EXPECT_EQ(Show(token).status, 302);
  EXPECT_EQ(Get(nginx_.port(), "/film/x", {"cta-common-access-token: " + token})
                .status,
            302);
  EXPECT_EQ(Get(nginx_.port(), "/film-2/x?CAT=" + token).Code(),
            "ticket_scope");
  EXPECT_EQ(Show(token.substr(0, token.size() - 2)).Code(), "ticket_invalid");
}

TEST_F(AccessTokenTest, MethodsItDoesNotAllowAreNotAdmitted) {
  StartEdge();
  const std::string session =
      SessionOf(Token({UnderPath("/film/"), Int(313) + Array({Text("GET")})}));
  EXPECT_EQ(Get(nginx_.port(), session + "/film/x").status, 200);
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", session + "/film/x").status, 403);
  EXPECT_EQ(Ask(nginx_.port(), "POST", session + "/film/key/", {}, "{}").status,
            403);
  const std::string all = SessionOf(
      Token({UnderPath("/film/"),
             Int(313) + Array({Text("GET"), Text("HEAD"), Text("POST")})}));
  EXPECT_EQ(Ask(nginx_.port(), "HEAD", all + "/film/x").status, 200);
  EXPECT_EQ(Ask(nginx_.port(), "POST", all + "/film/key/", {}, "{}").status,
            200);
}

TEST_F(AccessTokenTest, ASessionStaysAtItsAddress) {
  StartEdge();
  const std::string token = Token(
      {UnderPath("/film/"),
       Int(311) + Array({Tag(52, Array({Int(24), ByteString(std::string(
                                                     "\xc0\x00\x02", 3))}))})});
  EXPECT_EQ(Show(token, {"X-Client: 198.51.100.1"}).Code(), "ticket_scope");
  const std::string session = SessionOf(token, {"X-Client: 192.0.2.7"});
  const auto from = [&](const char* address) {
    return Get(nginx_.port(), session + "/film/x",
               {"X-Client: " + std::string(address)})
        .status;
  };
  EXPECT_EQ(from("192.0.2.7"), 200);
  EXPECT_EQ(from("192.0.2.8"), 403) << "its token would open another session";
  EXPECT_EQ(from("198.51.100.1"), 403);
}

TEST_F(AccessTokenTest, CountriesAreAsked) {
  StartEdge("usher_country $http_x_country;");
  const std::string token =
      Token({UnderPath("/film/"), Int(316) + Array({Text("DE")})});
  EXPECT_EQ(Show(token, {"X-Country: DE"}).status, 302);
  EXPECT_EQ(Show(token, {"X-Country: FR"}).Code(), "country_refused");
}

TEST_F(AccessTokenTest, NoTokenReachesTheOriginOrALog) {
  StartEdge();
  const std::string token = Token({UnderPath("/film/")});
  const std::string session = SessionOf(token);
  EXPECT_EQ(Get(nginx_.port(), session + "/film/x?CAT=" + token,
                {"CTA-Common-Access-Token: " + token})
                .status,
            200);
  nginx_.Stop();
  EXPECT_FALSE(nginx_.AllLogs().contains(token));
  EXPECT_FALSE(origin_.heads().contains(token));
}

}  // namespace
}  // namespace usher::testing
