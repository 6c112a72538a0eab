// $usher_cmcd_KEY in a real nginx: read, and then gone.
#include <gtest/gtest.h>

#include "tests/system/nginx.h"
#include "tests/system/recording_origin.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

TEST(CmcdTest, IsReadAndReachesNeitherKeyNorOrigin) {
  Nginx nginx;
  RecordingOrigin origin("Cache-Control: max-age=60\r\n");
  nginx.Start(
      "proxy_cache_path $prefix/cache keys_zone=c:1m;"
      "log_format cmcd '[$usher_cmcd_br|$usher_cmcd_bs|$usher_cmcd_sid]';"
      "server { listen $port1; access_log $prefix/logs/cmcd.log cmcd;"
      " location / { usher on; proxy_cache c;"
      " proxy_cache_key $usher_cache_key;"
      " add_header X-Cache $upstream_cache_status; proxy_pass http://" +
      origin.address() + "; } }");
  const std::string session = SessionAt(nginx.port(), "film");
  const std::string path = session + "/film/v720/1.m4s";
  EXPECT_EQ(Get(nginx.port(), path + "?CMCD=br%3D3200%2Cbs%2Csid%3D%22x%22")
                .Header("X-Cache"),
            "MISS");
  EXPECT_EQ(Get(nginx.port(), path + "?CMCD=br%3D800").Header("X-Cache"),
            "HIT");
  EXPECT_EQ(
      Get(nginx.port(), path, {"CMCD-Object: br=5000,ot=v", "CMCD-Status: bs"})
          .Header("X-Cache"),
      "HIT");
  nginx.Stop();
  EXPECT_EQ(origin.targets(), std::vector<std::string>{"/film/v720/1.m4s"});
  EXPECT_EQ(ReadFile(nginx.prefix() / "logs/cmcd.log"),
            "[-|-|-]\n[3200|1|-]\n[800|-|-]\n[5000|1|-]\n");
}

TEST(CmcdTest, IsAddedUpByEventForWhoWasServed) {
  Nginx nginx;
  nginx.Write("media/film/v720/1.m4s", "segment");
  nginx.Start(
      "server { listen $port1; root $prefix/media; location / { usher on; } }"
      "server { listen $port2; location = /metrics { usher_metrics; } }");
  const std::string session = SessionAt(nginx.port(), "film");
  const std::string path = "/film/v720/1.m4s";
  Get(nginx.port(), session + path + "?CMCD=br%3D3200%2Cbs");
  Get(nginx.port(), session + path,
      {"CMCD-Object: br=800", "CMCD-Request: mtp=9000,su", "CMCD-Status: bs"});
  Get(nginx.port(), path + "?CMCD=br%3D100");  // no session
  Get(nginx.port(), session + path);           // says nothing
  std::string metrics;
  EXPECT_TRUE(WaitUntil([&] {
    metrics = Get(nginx.port(2), "/metrics").body;
    return metrics.contains("usher_event_requests_total{event=\"film\"} 3\n");
  }));
  for (const char* const line :
       {"reports_total{event=\"film\"} 2\n",
        "starved_total{event=\"film\"} 2\n",
        "starting_total{event=\"film\"} 1\n",
        "player_bitrate_bytes_per_second_sum{event=\"film\"} 500000\n",
        "player_throughput_bytes_per_second_sum{event=\"film\"} 1125000\n"}) {
    EXPECT_TRUE(metrics.contains(line)) << line << metrics;
  }
}

}  // namespace
}  // namespace usher::testing
