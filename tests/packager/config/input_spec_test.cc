#include "packager/config/input_spec.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::config {
namespace {

struct Reading {
  const char* text;
  const char* path;
  const char* language;
  const char* role;
  const char* name;
};

class GoodInput : public ::testing::TestWithParam<Reading> {};

TEST_P(GoodInput, IsReadAsPathAndAttributes) {
  const auto input = ParseInputSpec(GetParam().text);
  ASSERT_TRUE(input) << input.error().OneLine();
  EXPECT_EQ(input->path, GetParam().path);
  EXPECT_EQ(input->language.value_or(""), GetParam().language);
  EXPECT_EQ(input->role.value_or(""), GetParam().role);
  EXPECT_EQ(input->name.value_or(""), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoodInput,
    ::testing::Values(
        Reading{"film.mp4", "film.mp4", "", "", ""},
        Reading{"film.mp4,lang=en,role=main,name=v720", "film.mp4", "en",
                "main", "v720"},
        Reading{"film.mp4,name=v720,lang=pt-BR", "film.mp4", "pt-BR", "",
                "v720"},
        Reading{"me, you.mp4", "me, you.mp4", "", "", ""},
        Reading{"me, you.mp4,lang=de", "me, you.mp4", "de", "", ""},
        Reading{"a,b,c", "a,b,c", "", "", ""},
        Reading{"x,y=z/film.mp4,", "x,y=z/film.mp4,", "", "", ""},
        // A capital or a slash before the '=' is no attribute's name.
        Reading{"d,A=1.mp4", "d,A=1.mp4", "", "", ""},
        Reading{"d,a/b=1.mp4", "d,a/b=1.mp4", "", "", ""},
        Reading{"a=b.mp4", "a=b.mp4", "", "", ""},
        Reading{"d,=b.mp4", "d,=b.mp4", "", "", ""}));

struct Refusal {
  const char* text;
  const char* line;
};

class BadInputText : public ::testing::TestWithParam<Refusal> {};

TEST_P(BadInputText, IsRefusedWithTheRemedy) {
  const auto input = ParseInputSpec(GetParam().text);
  ASSERT_FALSE(input);
  EXPECT_EQ(input.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(input.error().OneLine(), GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadInputText,
    ::testing::Values(
        Refusal{"",
                "input '' has no path; write "
                "PATH[,lang=en][,role=main][,name=v720]"},
        Refusal{",lang=en",
                "input ',lang=en' has no path; write "
                "PATH[,lang=en][,role=main][,name=v720]"},
        Refusal{"f.mp4,lnag=en",
                "input attribute 'lnag' is unknown; use lang, role or name"},
        Refusal{"f.mp4,lang=",
                "lang '' is no language tag; write one as in "
                "BCP 47, such as en or pt-BR"},
        Refusal{"f.mp4,lang=e\"n",
                "lang 'e\"n' is no language tag; write one as in BCP 47, such "
                "as en or pt-BR"},
        Refusal{"f.mp4,lang=en--US",
                "lang 'en--US' is no language tag; write one as in BCP 47, "
                "such as en or pt-BR"},
        Refusal{"f.mp4,lang=en,lang=de",
                "lang is given twice for one input; give it once"},
        Refusal{"f.mp4,role=hero",
                "role 'hero' is unknown; use main, alternate, supplementary, "
                "commentary, dub, description or "
                "enhanced-audio-intelligibility"},
        Refusal{"f.mp4,name=key",
                "name 'key' is no track name; use lower-case letters, digits "
                "and '-', at most 63, and none of key, aes-128, cbcs, cenc, "
                "none"},
        Refusal{"f.mp4,name=../x",
                "name '../x' is no track name; use lower-case letters, digits "
                "and '-', at most 63, and none of key, aes-128, cbcs, cenc, "
                "none"}));

}  // namespace
}  // namespace usher::config
