#include <gtest/gtest.h>

#include <string>

#include "packager/input/srt/listener.h"

namespace usher::srt {
namespace {

TEST(SrtListenAddress, TakesFfmpegsOptions) {
  const auto address = ParseListenAddress(
      "srt://0.0.0.0:9000?mode=listener&passphrase=correct%2Bhorse&pbkeylen=32"
      "&latency=200000");
  ASSERT_TRUE(address) << address.error().OneLine();
  EXPECT_EQ(address->host, "0.0.0.0");
  EXPECT_EQ(address->port, 9000);
  EXPECT_EQ(AsText(address->passphrase.view()), "correct+horse");
  EXPECT_EQ(address->key_bytes, 32);
  EXPECT_EQ(address->latency_ms, 200);
  EXPECT_EQ(ParseListenAddress("srt://:9000")->host, "0.0.0.0");
  EXPECT_EQ(ParseListenAddress("srt://[::]:9000?mode=listener")->host, "::");
}

TEST(SrtListenAddress, RefusesWhatMakesNoSenseAndNeverTellsThePassphrase) {
  for (const char* url :
       {"srt://0.0.0.0?passphrase=topsecret-1", "srt://0.0.0.0:0",
        "srt://0.0.0.0:99999?passphrase=topsecret-1", "srt://0.0.0.0:x",
        "srt://0.0.0.0:9000?passphrase=topsecret",
        "srt://0.0.0.0:9000?passphrase=topsecret-1&pbkeylen=17",
        "srt://0.0.0.0:9000?passphrase=topsecret-1&latency=-1",
        "srt://0.0.0.0:9000?passphrase=topsecret-1&streamid=x"}) {
    const auto address = ParseListenAddress(url);
    ASSERT_FALSE(address) << url;
    EXPECT_FALSE(address.error().OneLine().contains("topsecret")) << url;
  }
}

TEST(SrtListenAddress, OnlyAListenerIsListenedFor) {
  EXPECT_TRUE(IsListenUrl("srt://0.0.0.0:9000?mode=listener"));
  EXPECT_TRUE(IsListenUrl("srt://:9000?passphrase=0123456789"));
  EXPECT_FALSE(IsListenUrl("srt://encoder:9000?mode=caller"));
  EXPECT_FALSE(IsListenUrl("srt://encoder:9000"));
  EXPECT_FALSE(IsListenUrl("rtmp://0.0.0.0/live/12345678?mode=listener"));
}

}  // namespace
}  // namespace usher::srt
