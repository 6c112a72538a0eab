#include "packager/config/input_address.h"

#include <gtest/gtest.h>

#include "packager/config/byte_count.h"

namespace usher::config {
namespace {

TEST(InputAddress, OfAUrlOnlyHostAndFileNameAreShown) {
  EXPECT_EQ(ShownAddress("https://ann:pw@host:8443/s/SESSION/film.mp4?t=1#x"),
            "https://host:8443/.../film.mp4");
  EXPECT_EQ(ShownAddress("http://host/film.mp4"), "http://host/film.mp4");
  EXPECT_EQ(ShownAddress("http://host/?t=a/b"), "http://host/");
  EXPECT_EQ(ShownAddress("http://ann:p@w@host?t=1"), "http://host/");
  EXPECT_EQ(ShownAddress("films/a?b.mp4"), "films/a?b.mp4");
  EXPECT_EQ(ShownAddress("-"), "standard input");
}

TEST(InputAddress, TheFileNameIsTheLastElementDecoded) {
  EXPECT_EQ(FileNameOf("http://host/a/My%20Film.mp4?x=/y.mkv"), "My Film.mp4");
  EXPECT_EQ(FileNameOf("http://host/50%.mp4"), "50%.mp4");
  EXPECT_EQ(FileNameOf("http://host"), "");
  EXPECT_EQ(FileNameOf("-"), "");
  EXPECT_EQ(FileNameOf("films/film.mp4"), "film.mp4");
}

TEST(InputAddress, ASchemeIsNoPartOfAPath) {
  EXPECT_TRUE(HasUrlScheme("ftp://host/film.mp4"));
  EXPECT_FALSE(HasUrlScheme("films/what://ever.mp4"));
  EXPECT_FALSE(HasUrlScheme("://film.mp4"));
  EXPECT_TRUE(IsHttpUrl("https://host/film.mp4"));
  EXPECT_FALSE(IsHttpUrl("https:film.mp4"));
}

TEST(ByteCount, KnowsPowersOf1024) {
  EXPECT_EQ(ParseByteCount("1048576"), 1048576u);
  EXPECT_EQ(ParseByteCount("1K"), 1024u);
  EXPECT_EQ(ParseByteCount("500M"), 500u << 20);
  EXPECT_EQ(ParseByteCount("2T"), uint64_t{2} << 40);
  for (const char* text : {"", "0", "M", "-1", "1.5G", "1GB", "1g", "9999999T",
                           "99999999999999999999"}) {
    EXPECT_FALSE(ParseByteCount(text)) << text;
  }
}

}  // namespace
}  // namespace usher::config
