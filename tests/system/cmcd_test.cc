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

}  // namespace
}  // namespace usher::testing
