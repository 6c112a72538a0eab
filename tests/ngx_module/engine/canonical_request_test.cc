#include "ngx_module/engine/canonical_request.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::engine {
namespace {

const std::string kCredential(80, 'A');

TEST(CanonicalRequestTest, ThePrefixIsTakenOffWhateverItsShape) {
  const struct {
    std::string path;
    std::string credential;
    std::string rest;
  } cases[] = {
      {"/film/master.m3u8", "", "/film/master.m3u8"},
      {"/s/" + kCredential + "/film/1.m4s", kCredential, "/film/1.m4s"},
      {"/s/short/film/1.m4s", "short", "/film/1.m4s"},
      {"/s/a b%/film/1.m4s", "a b%", "/film/1.m4s"},
      {"/s/x/", "x", "/"},
      {"/", "", "/"},
      {"/sx/film", "", "/sx/film"},
      {"/film/s/x", "", "/film/s/x"},
  };
  for (const auto& each : cases) {
    const auto request = Canonicalise(each.path, "");
    ASSERT_TRUE(request) << each.path;
    EXPECT_EQ(request->credential, each.credential) << each.path;
    EXPECT_EQ(request->path, each.rest) << each.path;
  }
}

TEST(CanonicalRequestTest, PathsThatCouldBeReadInTwoWaysAreRefused) {
  for (const std::string& path :
       std::vector<std::string>{"",
                                "film",
                                "/s",
                                "/s/",
                                "/s/x",
                                "//film",
                                "/film//x",
                                "/./film",
                                "/film/..",
                                "/film/../x",
                                "/s//film/x",
                                "/s/x/s/y/film",
                                "/s/x/s",
                                "/s/x//film",
                                "/film/" + kCredential,
                                "/" + kCredential + "/film",
                                "/film/a b",
                                "/film/a?b",
                                "/film/a%b",
                                "/film/a;b",
                                "/film/a\\b",
                                "/film/a+b",
                                "/film/a:b",
                                "/film/\xc3\xa9",
                                std::string("/film/\0x", 8),
                                "/film/a\nb"}) {
    EXPECT_FALSE(Canonicalise(path, "")) << path;
  }
}

TEST(CanonicalRequestTest, ArgumentsHaveOneOrderAndOneSpelling) {
  const struct {
    const char* args;
    const char* canonical;
  } cases[] = {
      {"", ""},
      {"&&", ""},
      {"a=b&ticket=x", ""},
      {"_HLS_skip=YES&_HLS_part=0&x=y&_HLS_msn=7",
       "_HLS_msn=7&_HLS_part=0&_HLS_skip=YES"},
      {"_HLS_msn=007", "_HLS_msn=7"},
      {"_HLS_msn=000", "_HLS_msn=0"},
      {"_HLS_skip=v2", "_HLS_skip=v2"},
      {"_hls_msn=7", ""},
      {"%5FHLS_msn=7", ""},
      {"_HLS_msn=999999999999999999", "_HLS_msn=999999999999999999"},
  };
  for (const auto& each : cases) {
    const auto request = Canonicalise("/film/media.m3u8", each.args);
    ASSERT_TRUE(request) << each.args;
    EXPECT_EQ(request->args, each.canonical) << each.args;
  }
}

TEST(CanonicalRequestTest, BadOrDoubledArgumentsAreRefused) {
  for (const char* args :
       {"_HLS_msn", "_HLS_msn=", "_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn=1=2",
        "_HLS_msn=1&_HLS_msn=1", "_HLS_part=1&_HLS_part=2", "_HLS_part=0x1",
        "_HLS_skip=", "_HLS_skip=yes", "_HLS_skip=YES&_HLS_skip=YES",
        "_HLS_msn=1000000000000000000", "_HLS_msn=%31"}) {
    EXPECT_FALSE(Canonicalise("/film/media.m3u8", args)) << args;
    EXPECT_FALSE(Canonicalise("/film/1.m4s", args)) << args;
  }
}

TEST(CanonicalRequestTest, OnlyPlaylistsKeepArguments) {
  EXPECT_EQ(Canonicalise("/film/1.m4s", "_HLS_msn=7")->args, "");
  EXPECT_EQ(Canonicalise("/film/1.m3u8", "_HLS_msn=7")->args, "_HLS_msn=7");
}

}  // namespace
}  // namespace usher::engine
