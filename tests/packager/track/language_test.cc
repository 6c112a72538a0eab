#include "packager/track/language.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

TEST(Language, TheShortestCodeIsUsed) {
  EXPECT_EQ(ShortestLanguage("eng"), "en");
  EXPECT_EQ(ShortestLanguage("deu"), "de");
  EXPECT_EQ(ShortestLanguage("en"), "en");
  EXPECT_EQ(ShortestLanguage("eng-GB"), "en-GB");
  EXPECT_EQ(ShortestLanguage("gsw"), "gsw");
}

TEST(Language, BibliographicCodesAreUnderstood) {
  EXPECT_EQ(ShortestLanguage("ger"), "de");
  EXPECT_EQ(ShortestLanguage("fre"), "fr");
  EXPECT_EQ(ThreeLetterLanguage("chi"), "zho");
}

TEST(Language, ThreeLettersAreFoundForEveryForm) {
  EXPECT_EQ(ThreeLetterLanguage("en"), "eng");
  EXPECT_EQ(ThreeLetterLanguage("en-GB"), "eng");
  EXPECT_EQ(ThreeLetterLanguage("gsw"), "gsw");
}

TEST(Language, UnknownIsUndetermined) {
  EXPECT_EQ(ShortestLanguage(""), "und");
  EXPECT_EQ(ShortestLanguage("und"), "und");
  EXPECT_EQ(ThreeLetterLanguage(""), "und");
  EXPECT_EQ(ThreeLetterLanguage("xx"), "und");
  EXPECT_EQ(ThreeLetterLanguage("E/.."), "und");
}

}  // namespace
}  // namespace usher
