#include "packager/text/utf8.h"

#include <gtest/gtest.h>

namespace usher::text {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view bytes;
  std::string_view utf8;
  bool guessed = false;
};

TEST(Utf8, DecodesEveryEncodingSubtitlesComeIn) {
  const Case cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"Z\xC3\xBCrich \xF0\x9F\x8E\xAC", "Zürich 🎬"},
      {"\xEF\xBB\xBF"
       "marked",
       "marked"},
      {"\xFF\xFE"
       "Z\0\xFC\0"sv,
       "Zü"},
      {"\xFE\xFF\0Z\0\xFC"sv, "Zü"},
      {"\xFF\xFE\x3C\xD8\xAC\xDF"sv, "🎬"},
      {"1\0\r\0\n\0"sv, "1\r\n"},  // UTF-16 without its mark
      {"\0001\0\r\0\n"sv, "1\r\n"},
      {"Z\xFCrich", "Zürich", true},                // Latin-1
      {"\x93quoted\x94 \x80", "“quoted” €", true},  // Windows-1252
      {"a\0b"sv,
       "a\xEF\xBF\xBD"
       "b"},
      {"\xFF\xFE\x3C\xD8z\0"sv, "\xEF\xBF\xBDz"},  // half a surrogate pair
      {"\xFF\xFEz"sv, ""},                         // half a unit
  };
  for (const Case& each : cases) {
    const DecodedText decoded = DecodeText(AsBytes(each.bytes));
    EXPECT_EQ(decoded.utf8, each.utf8);
    EXPECT_EQ(decoded.guessed, each.guessed) << each.utf8;
    EXPECT_TRUE(IsUtf8(decoded.utf8)) << each.utf8;
  }
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"\x80"sv, "\xC0\x80"sv, "\xC3"sv, "\xE0\x80\x80"sv, "\xED\xA0\x80"sv,
        "\xF0\x80\x80\x80"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv,
        "ok\xFF"sv}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

}  // namespace
}  // namespace usher::text
