#include "ngx_module/engine/lifetime.h"

#include <gtest/gtest.h>

namespace usher::engine {
namespace {

using Keep = Lifetime::Keep;

Lifetime Of(std::string_view path, int status = 200,
            std::optional<uint32_t> upstream = {}, bool blocking = false) {
  return LifetimeOf(path, blocking, status, upstream);
}

TEST(Lifetime, WhatNeverChangesIsKeptForAYearWhateverTheOriginSays) {
  for (const char* path :
       {"/fight/v720/1.m4s", "/fight/v720.2/1.m4s", "/fight/cbcs/v720/1.m4s",
        "/fight/v720/7.3.m4s", "/fight/v720/init.mp4", "/fight/v720/init-2.mp4",
        "/fight/s-eng/1.vtt", "/fight/thumbnails/1.jpg", "/fight/v720/a.mp4"}) {
    for (const int status : {200, 206}) {
      const Lifetime lifetime = Of(path, status, 1);
      EXPECT_EQ(lifetime.keep, Keep::kSeconds) << path;
      EXPECT_EQ(lifetime.seconds, kForever) << path;
      EXPECT_EQ(lifetime.cache_control, "public, max-age=31536000, immutable");
    }
  }
}

TEST(Lifetime, PlaylistsAreKeptAsTheOriginSaysButNeverLong) {
  for (const char* path : {"/fight/master.m3u8", "/fight/manifest.mpd",
                           "/fight/v720/media.m3u8"}) {
    EXPECT_EQ(Of(path).seconds, 1u);
    EXPECT_EQ(Of(path).cache_control, "public, max-age=1");
    EXPECT_EQ(Of(path, 200, 3).seconds, 3u);
    EXPECT_EQ(Of(path, 200, 3).cache_control, "") << "the origin's stands";
    EXPECT_EQ(Of(path, 200, 0).seconds, 1u);
    EXPECT_EQ(Of(path, 200, 3600).seconds, 6u);
    EXPECT_EQ(Of(path, 200, 24, true).seconds, 24u);
    EXPECT_EQ(Of(path, 200, 3600, true).seconds, 60u);
  }
}

TEST(Lifetime, KeysAreNeverKept) {
  const std::string key = "/fight/key/" + std::string(32, 'a');
  for (const int status : {200, 404, 500}) {
    EXPECT_EQ(Of(key, status, 300).keep, Keep::kNever);
    EXPECT_EQ(Of("/fight/key/", status, 300).keep, Keep::kNever);
  }
}

TEST(Lifetime, WhatIsMissingIsForgottenSoonAndAPartAtOnce) {
  EXPECT_EQ(Of("/fight/v720/8.m4s", 404, 300).seconds, 1u);
  EXPECT_EQ(Of("/fight/v720/media.m3u8", 404).seconds, 1u);
  EXPECT_EQ(Of("/fight/master.m3u8", 410).seconds, 1u);
  EXPECT_EQ(Of("/fight/v720/8.0.m4s", 404, 300).keep, Keep::kNever);
}

TEST(Lifetime, OtherAnswersAreNotKept) {
  for (const int status : {301, 400, 403, 416, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(Of("/fight/v720/1.m4s", status, 60).keep, Keep::kNever) << status;
  }
}

TEST(Lifetime, WhatIsNotOfThisLayoutIsNotDecidedHere) {
  for (const char* path : {"/", "/usher/watch/", "/fight/poster.webp"}) {
    EXPECT_EQ(Of(path).keep, Keep::kUnknown) << path;
  }
}

}  // namespace
}  // namespace usher::engine
