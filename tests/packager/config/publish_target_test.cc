#include "packager/config/publish_target.h"

#include <gtest/gtest.h>

namespace usher::config {
namespace {

const S3Settings kStore{.endpoint = "https://s3.example.net/"};

TEST(PublishTarget, NamesAnOriginOrABucket) {
  const auto origin = ParsePublishTarget("https://o.example:8444/media/", {});
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->base, "https://o.example:8444/media");
  EXPECT_EQ(origin->origin, "o.example:8444");
  EXPECT_FALSE(origin->s3);
  const auto store = ParsePublishTarget("s3://bucket/a/b", kStore);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->base, "https://s3.example.net/bucket/a/b");
  EXPECT_EQ(store->origin, "s3.example.net");
  EXPECT_TRUE(store->s3);
  EXPECT_TRUE(ParsePublishTarget("http://127.0.0.1:80", {}));
}

TEST(PublishTarget, RefusesWhatWouldGiveACredentialAway) {
  for (const char* bad :
       {"https://user:pass@o.example/media", "http://o.example/media",
        "https://o.example/media?token=x", "https:///media", "ftp://o/x",
        "https://o.example/me dia", "s3:///x", "s3://bucket?x",
        "http://127.0.0.evil/", "http://127.0.0.1.example@o/"}) {
    const auto target = ParsePublishTarget(bad, kStore);
    ASSERT_FALSE(target) << bad;
    EXPECT_FALSE(target.error().OneLine().contains("pass")) << bad;
  }
  EXPECT_FALSE(ParsePublishTarget("s3://bucket", {})) << "where is it?";
}

}  // namespace
}  // namespace usher::config
