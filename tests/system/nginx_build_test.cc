// The module as an admin with another nginx builds it: by nginx's own configure
// and make. The nginx is Debian's again, because that one can load the result.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/system/nginx.h"
#include "tests/system/viewer.h"

namespace usher::testing {
namespace {

TEST(NginxBuildTest, NginxsOwnConfigureBuildsAModuleThatAdmits) {
  Nginx nginx;
  const std::filesystem::path module = nginx.prefix() / "built.so";
  const ProcessResult built = RunProcess(
      {USHER_SOURCE_DIR "/scripts/check_nginx.sh", USHER_NGINX_SOURCE},
      {.environment = {"OUTPUT=" + module.string(),
                       // Compiled in a new directory each time, but the same.
                       "CMAKE_CXX_COMPILER_LAUNCHER=ccache",
                       "CCACHE_NOHASHDIR=1"},
       .timeout = std::chrono::minutes(29)});
  ASSERT_EQ(built.exit_code, 0) << built.err;
  nginx.SetModule(module);
  nginx.Write("media/film/x", "content");
  nginx.Start(
      "server { listen $port1; location / { usher on; root "
      "$prefix/media; } }");
  EXPECT_EQ(Get(nginx.port(), "/film/x").status, 401);
  EXPECT_EQ(Get(nginx.port(), SessionAt(nginx.port(), "film") + "/film/x").body,
            "content");
}

}  // namespace
}  // namespace usher::testing
