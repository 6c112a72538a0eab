// Sessions that are bound to their client, softly.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/request_burst.h"
#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

class BindTest : public ::testing::Test {
 protected:
  BindTest() : ticket_(BoxOffice::The().Ticket("film")) {
    nginx_.Write("media/film/master.m3u8", "#EXTM3U");
  }
  void Start(const std::string& directives) {
    nginx_.Start("set_real_ip_from 127.0.0.1; real_ip_header X-Client; " +
                 directives +
                 " log_format why '$usher_verdict|$usher_reason';"
                 " server { listen $port1; root $prefix/media;"
                 " access_log $prefix/logs/why.log why;"
                 " location / { usher on; } }");
    url_ = Ask("192.0.2.1", "player/1", "/film/master.m3u8?ticket=" + ticket_)
               .Header("Location");
  }
  Answer Ask(const std::string& address, const std::string& agent,
             const std::string& target) {
    return Get(nginx_.port(), target,
               {"X-Client: " + address, "User-Agent: " + agent});
  }
  bool Logged(std::string_view line) {
    return WaitUntil([&] {
      return ReadFile(nginx_.prefix() / "logs/why.log").contains(line);
    });
  }

  Nginx nginx_;
  std::string ticket_;
  std::string url_;
};

TEST_F(BindTest, ToAnAddressPrefixASessionIsGoodInItsNetworkOnly) {
  Start("usher_bind ip_prefix;");
  EXPECT_EQ(Ask("192.0.2.99", "player/2", url_).status, 200);
  const Answer refused = Ask("198.51.100.1", "player/1", url_);
  EXPECT_EQ(refused.Code(), "session_invalid");
  EXPECT_TRUE(Logged(
      "denied:session_invalid|the session is bound to another address prefix"));
  EXPECT_EQ(Ask("198.51.100.1", "player/1", url_ + "?ticket=" + ticket_).status,
            302)
      << "its ticket opens another one there";
}

// As behind a balancer of TCP: the client's address is in its first line.
TEST_F(BindTest, TheAddressComesInTheProxyProtocol) {
  nginx_.Start(
      "set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;"
      "usher_bind ip_prefix;"
      "server { listen $port1 proxy_protocol; root $prefix/media;"
      " location / { usher on; } }");
  const auto ask = [&](const std::string& address, const std::string& target) {
    RequestBurst burst(nginx_.port(), 1);
    burst.Send(0, 1, target, "",
               "PROXY TCP4 " + address + " 127.0.0.1 50000 443\r\nGET");
    EXPECT_TRUE(burst.Wait());
    return burst.replies()[0];
  };
  const std::string url =
      ask("192.0.2.1", "/film/master.m3u8?ticket=" + ticket_)
          .Header("location");
  EXPECT_EQ(ask("192.0.2.99", url).status, 200);
  EXPECT_EQ(ask("198.51.100.1", url).status, 403);
  EXPECT_EQ(Get(nginx_.port(), url).status, 0) << "it must be there";
}

TEST_F(BindTest, ToAUserAgentASessionIsGoodForThatOneOnly) {
  Start("usher_bind user_agent;");
  EXPECT_EQ(Ask("198.51.100.1", "player/1", url_).status, 200);
  EXPECT_EQ(Ask("192.0.2.1", "player/2", url_).Code(), "session_invalid");
  EXPECT_TRUE(Logged("bound to another user agent"));
}

TEST_F(BindTest, ToNothingWhereNothingIsSaid) {
  Start("");
  EXPECT_EQ(Ask("2001:db8::1", "player/2", url_).status, 200);
  EXPECT_TRUE(Logged("admitted|-"));
}

}  // namespace
}  // namespace usher::testing
