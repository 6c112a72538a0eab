#include <gtest/gtest.h>

#include <string>

#include "packager/input/rtmp/listener.h"

namespace usher::rtmp {
namespace {

TEST(ParseListenAddress, TakesHostPortApplicationAndKeyApart) {
  const struct {
    const char* url;
    const char* host;
    uint16_t port;
    const char* app;
  } cases[] = {
      {"rtmp://0.0.0.0:1936/live/12345678", "0.0.0.0", 1936, "live"},
      {"rtmp://localhost/live/12345678", "localhost", 1935, "live"},
      {"rtmp://[::1]:1935/live/12345678", "::1", 1935, "live"},
      {"rtmp://[::]/a/b/12345678", "::", 1935, "a/b"},
  };
  for (const auto& each : cases) {
    const auto address = ParseListenAddress(each.url);
    ASSERT_TRUE(address.has_value()) << each.url;
    EXPECT_EQ(address->host, each.host);
    EXPECT_EQ(address->port, each.port);
    EXPECT_EQ(address->app, each.app);
    EXPECT_EQ(AsText(address->key.view()), "12345678");
  }
}

TEST(ParseListenAddress, RefusesWhatLacksAPartAndNeverTellsTheKey) {
  for (const char* url :
       {"http://0.0.0.0/live/topsecret", "rtmp://", "rtmp://0.0.0.0",
        "rtmp://0.0.0.0/topsecret", "rtmp://0.0.0.0//topsecret",
        "rtmp:///live/topsecret", "rtmp://0.0.0.0:0/live/topsecret",
        "rtmp://0.0.0.0:99999/live/topsecret",
        "rtmp://0.0.0.0:x/live/topsecret", "rtmp://0.0.0.0/live/",
        "rtmp://0.0.0.0/live/secret"}) {
    const auto address = ParseListenAddress(url);
    ASSERT_FALSE(address.has_value()) << url;
    EXPECT_EQ(address.error().OneLine().find("secret"), std::string::npos);
    EXPECT_EQ(address.error().kind, ErrorKind::kBadInput);
  }
}

}  // namespace
}  // namespace usher::rtmp
