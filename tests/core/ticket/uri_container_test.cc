#include "core/ticket/uri_container.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::ticket {
namespace {

bool Holds(std::string_view container, std::string_view uri) {
  const auto parsed = UriContainer::Parse(container);
  EXPECT_TRUE(parsed) << container << ": " << parsed.error();
  return parsed && parsed->Holds(uri);
}

// RFC 9246 appendix A.1.
TEST(UriContainer, HashHoldsOneUri) {
  constexpr std::string_view kContainer =
      "hash:sha-256;2tderfWPa86Ku7YnzW51YUp7dGUjBS_3SW3ELx4hmWY";
  EXPECT_TRUE(Holds(kContainer, "http://cdni.example/foo/bar"));
  EXPECT_FALSE(Holds(kContainer, "http://cdni.example/foo/bar/"));
  EXPECT_FALSE(Holds(kContainer, "https://cdni.example/foo/bar"));
}

// RFC 9246 sections 2.1.15.2 and appendix A.2.
TEST(UriContainer, RegularExpressionHoldsWhatItMatchesFromEndToEnd) {
  constexpr std::string_view kPicture =
      R"(regex:http://cdni\.example/foo/bar/[0-9]{3}\.png)";
  EXPECT_TRUE(Holds(kPicture, "http://cdni.example/foo/bar/123.png"));
  for (const char* uri : {"http://cdni.example/foo/bar/1234.png",
                          "http://cdni.example/foo/bar/123.png?x",
                          "http://cdniXexample/foo/bar/123.png",
                          "xhttp://cdni.example/foo/bar/123.png",
                          "http://cdni.example/foo/bar/123.png\n"}) {
    EXPECT_FALSE(Holds(kPicture, uri)) << uri;
  }
  constexpr std::string_view kSegment =
      R"(regex:[^:]*\://[^/]*/folder/content/quality_[^/]*/segment.{3}\.mp4(\?.*)?)";
  EXPECT_TRUE(
      Holds(kSegment, "https://h/folder/content/quality_hd/segment001.mp4"));
  EXPECT_TRUE(
      Holds(kSegment, "http://h/folder/content/quality_/segmentabc.mp4?a=b"));
  EXPECT_FALSE(
      Holds(kSegment, "http://h/x/folder/content/quality_/segmentabc.mp4"));
}

TEST(UriContainer, AlternativesAreAnchoredTogether) {
  EXPECT_FALSE(Holds("regex:http://a/x|http://b/y", "http://a/xyz"));
  EXPECT_FALSE(Holds("regex:http://a/x|http://b/y", "evil?http://b/y"));
  EXPECT_TRUE(Holds("regex:http://a/x|http://b/y", "http://b/y"));
}

TEST(UriContainer, TakesNoOtherFormAndNoOtherDialect) {
  for (const char* text :
       {"", "http://h/x", "Hash:sha-256;x", "hash:", "hash:sha-256;",
        "hash:sha-256;2tderfWPa86Ku7YnzW51YUp7dGUjBS_3SW3ELx4hmW",
        "hash:sha-256;2tderfWPa86Ku7YnzW51YUp7dGUjBS_3SW3ELx4hmWY=",
        "hash:sha-256;2tderfWPa86Ku7YnzW51YUp7dGUjBS/3SW3ELx4hmWY",
        "hash:sha-256-32;2tderQ", "hash:sha-1;2tderQ", "regex", "uri:x",
        "regex:(", "regex:[", "regex:a**b(", "regex:(?=a)", "regex:(?i)a",
        R"(regex:(a)\1)", R"(regex:\d+)", R"(regex:\pL)",
        // programs that would take more than they may
        "regex:((a{100}){100}){100}", "regex:.{1001}"}) {
    EXPECT_FALSE(UriContainer::Parse(text)) << text;
  }
  const std::string large = "regex:(" + std::string(3000, 'a') + "){30}";
  EXPECT_FALSE(UriContainer::Parse(large));
}

// What backtracking takes exponential time for.
TEST(UriContainer, MatchesInLinearTime) {
  const std::string uri = "http://h/" + std::string(4000, 'a') + "!";
  EXPECT_FALSE(Holds("regex:http://h/(a+)+", uri));
  EXPECT_FALSE(Holds("regex:http://h/(a|aa)+(b|bb)*c", uri));
  EXPECT_FALSE(Holds("regex:.*a{200}.*b.{100}", uri));
}

}  // namespace
}  // namespace usher::ticket
