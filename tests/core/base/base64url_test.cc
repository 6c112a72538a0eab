#include "core/base/base64url.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace usher {
namespace {

struct Pair {
  std::string_view plain;
  std::string_view encoded;
};

// RFC 4648 section 10, without padding; the last two need both letters that
// differ from the standard alphabet.
constexpr Pair kPairs[] = {
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff", "-_8"},
    {"\xff\xfe\xfd", "__79"},
};

TEST(Base64Url, WritesWhatRfc4648Says) {
  for (const Pair& pair : kPairs) {
    EXPECT_EQ(ToBase64Url(AsBytes(pair.plain)), pair.encoded);
  }
}

TEST(Base64Url, ReadsWhatItWrites) {
  for (const Pair& pair : kPairs) {
    const auto bytes = FromBase64Url(pair.encoded);
    ASSERT_TRUE(bytes) << pair.encoded;
    EXPECT_EQ(AsText(*bytes), pair.plain);
  }
}

TEST(Base64Url, ReadsBackEveryByteAtEveryPosition) {
  for (size_t size = 1; size <= 4; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes bytes(size, 0x5a);
        bytes[at] = static_cast<uint8_t>(value);
        EXPECT_EQ(FromBase64Url(ToBase64Url(bytes)), bytes);
      }
    }
  }
}

TEST(Base64Url, RefusesEveryTextThatIsNotTheOneForItsValue) {
  using namespace std::string_view_literals;
  constexpr std::string_view kRefused[] = {
      "A",  // no whole byte
      "Zm9vYmFyA",
      "Zg==",  // padding
      "Zg=",
      "Zh",  // bits behind the last byte
      "Zm9",       "Zm9vYh",
      "+/8",  // the other alphabet
      "Zm 9v",     "Zm9v\n", " Zm9v", "Zm9v\0"sv, "Zm9\xc3\xa9", "Zm.v",
  };
  for (const std::string_view text : kRefused) {
    EXPECT_FALSE(FromBase64Url(text)) << text;
  }
}

TEST(Base64Url, AcceptsExactlyOneLastCharacterPerValue) {
  // Of the 64 characters behind "Z", 4 leave the four unused bits zero.
  int accepted = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text = {'Z', static_cast<char>(c)};
    accepted += FromBase64Url(text).has_value() ? 1 : 0;
  }
  EXPECT_EQ(accepted, 4);
}

TEST(Base64Url, DecodesOnlyIntoABufferOfTheExactSize) {
  std::array<uint8_t, 4> buffer{};
  EXPECT_TRUE(DecodeBase64Url("Zm9v", std::span(buffer).first(3)));
  EXPECT_FALSE(DecodeBase64Url("Zm9v", std::span(buffer).first(2)));
  EXPECT_FALSE(DecodeBase64Url("Zm9v", buffer));
}

TEST(Base64, PadsToWholeQuantums) {
  EXPECT_EQ(ToBase64(AsBytes("")), "");
  EXPECT_EQ(ToBase64(AsBytes("f")), "Zg==");
  EXPECT_EQ(ToBase64(AsBytes("fo")), "Zm8=");
  EXPECT_EQ(ToBase64(AsBytes("foo")), "Zm9v");
  EXPECT_EQ(ToBase64(AsBytes("\xfb\xff")), "+/8=");
}

TEST(Base64, ReadsWhatItWritesAndWhatXmlWraps) {
  for (const Pair& pair : kPairs) {
    const auto bytes = FromBase64(ToBase64(AsBytes(pair.plain)));
    ASSERT_TRUE(bytes) << pair.encoded;
    EXPECT_EQ(AsText(*bytes), pair.plain);
  }
  EXPECT_EQ(FromBase64("\n  Zm9v\n\tYmE=\r\n"), FromBase64("Zm9vYmE"));
  EXPECT_FALSE(FromBase64("Zm9v!"));
  EXPECT_FALSE(FromBase64("Z"));
}

}  // namespace
}  // namespace usher
