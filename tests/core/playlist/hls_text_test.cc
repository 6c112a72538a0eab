#include "core/playlist/hls_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace usher::playlist {
namespace {

TEST(AttributeList, WritesEachTypeAsTheStandardHasIt) {
  const uint8_t bytes[] = {0x00, 0xab, 0xff};
  AttributeList attributes;
  attributes.Token("METHOD", "AES-128")
      .Quoted("URI", "a,b=c")
      .Hex("IV", bytes)
      .Integer("BANDWIDTH", 18446744073709551615U)
      .Float("FRAME-RATE", 30000.0 / 1001)
      .Resolution("RESOLUTION", 1280, 720)
      .YesNo("DEFAULT", true)
      .YesNo("AUTOSELECT", false);
  EXPECT_EQ(attributes.text(),
            "METHOD=AES-128,URI=\"a,b=c\",IV=0x00abff,"
            "BANDWIDTH=18446744073709551615,FRAME-RATE=29.970,"
            "RESOLUTION=1280x720,DEFAULT=YES,AUTOSELECT=NO");
}

TEST(AttributeList, LetsNoTextLeaveItsQuotes) {
  AttributeList attributes;
  attributes.Quoted("NAME", "a\",URI=\"evil\r\n#EXT-X-ENDLIST\x7f\t\\");
  EXPECT_EQ(attributes.text(), "NAME=\"a',URI='evil  #EXT-X-ENDLIST  \\\"");
}

TEST(AttributeList, KeepsTextBeyondAscii) {
  AttributeList attributes;
  attributes.Quoted("NAME",
                    "fran\xc3\xa7"
                    "ais");
  EXPECT_EQ(attributes.text(),
            "NAME=\"fran\xc3\xa7"
            "ais\"");
}

TEST(HlsText, BeginsWithItsSignatureAndEndsEachLine) {
  HlsText text;
  text.Tag("EXT-X-VERSION", 6);
  text.Tag("EXT-X-ENDLIST");
  text.Uri("v720/1.m4s");
  EXPECT_EQ(text.Take(),
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-ENDLIST\nv720/1.m4s\n");
}

TEST(HlsText, WritesAnyUriAsOneLine) {
  for (unsigned c = 0; c < 256; ++c) {
    HlsText text;
    text.Uri(std::string("a") + static_cast<char>(c) + "b");
    const std::string written = text.Take();
    EXPECT_EQ(std::ranges::count(written, '\n'), 2) << c;
    EXPECT_EQ(written.find('\r'), std::string::npos) << c;
  }
  HlsText text;
  text.Uri("a b%20\n");
  EXPECT_EQ(text.Take(), "#EXTM3U\na%20b%20%0a\n");
}

}  // namespace
}  // namespace usher::playlist
