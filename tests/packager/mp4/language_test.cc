#include "packager/mp4/language.h"

#include <gtest/gtest.h>

namespace usher::mp4 {
namespace {

std::string Unpacked(uint16_t packed) {
  std::string letters;
  for (int shift : {10, 5, 0}) {
    letters += static_cast<char>((packed >> shift & 0x1F) + 0x60);
  }
  return letters;
}

TEST(PackedLanguage, IsThreeLettersWhateverFormTheTagHas) {
  EXPECT_EQ(Unpacked(PackedLanguage("en")), "eng");
  EXPECT_EQ(Unpacked(PackedLanguage("eng")), "eng");
  EXPECT_EQ(Unpacked(PackedLanguage("en-GB")), "eng");
  EXPECT_EQ(Unpacked(PackedLanguage("de")), "deu");
  EXPECT_EQ(Unpacked(PackedLanguage("aa")), "aar");
  EXPECT_EQ(Unpacked(PackedLanguage("zu")), "zul");
  EXPECT_EQ(Unpacked(PackedLanguage("zh-Hant-TW")), "zho");
  EXPECT_EQ(Unpacked(PackedLanguage("yue")), "yue");
}

TEST(PackedLanguage, IsUndeterminedWhereThereIsNoSuchCode) {
  for (const char* tag : {"", "u", "xx", "EN", "e1g", "english", "i-klingon"}) {
    EXPECT_EQ(Unpacked(PackedLanguage(tag)), "und") << tag;
  }
}

TEST(PackedLanguage, IsWrittenAsTheStandardPacksIt) {
  EXPECT_EQ(PackedLanguage("und"), 0x55C4);
}

}  // namespace
}  // namespace usher::mp4
