#include "packager/config/subtitle_spec.h"

#include <gtest/gtest.h>

namespace usher::config {
namespace {

std::string Told(std::string_view text) {
  const auto spec = ParseSubtitleSpec(text);
  if (!spec) return "error: " + spec.error().what;
  std::string told = spec->language + " " + spec->path.string();
  if (spec->label) told += " label=" + *spec->label;
  if (spec->name) told += " name=" + *spec->name;
  if (spec->sdh) told += " sdh";
  if (spec->forced) told += " forced";
  if (spec->is_default) told += " default";
  return told;
}

TEST(SubtitleSpec, ReadsLanguagePathAndOptions) {
  EXPECT_EQ(Told("en:film.vtt"), "en film.vtt");
  EXPECT_EQ(Told("pt-BR:a:b.srt"), "pt-BR a:b.srt");
  EXPECT_EQ(Told("en:f.vtt,sdh"), "en f.vtt sdh");
  EXPECT_EQ(Told("de:a, b.vtt,forced,default"), "de a, b.vtt forced default");
  EXPECT_EQ(Told("en:f.vtt,label=English (UK),name=s-uk"),
            "en f.vtt label=English (UK) name=s-uk");
}

TEST(SubtitleSpec, SaysWhatIsWrong) {
  EXPECT_EQ(Told("film.vtt"), "error: 'film.vtt' names no language");
  EXPECT_EQ(Told("e:film.vtt"), "error: 'e' is no language tag");
  EXPECT_EQ(Told("en:"), "error: has no path");
  EXPECT_EQ(Told("en:f.vtt,name=A"), "error: name 'A' is no track name");
  EXPECT_EQ(Told("en:f.vtt,label="), "error: the label is empty");
  EXPECT_EQ(Told("en:f.vtt,sdh,forced"), "error: is both forced and sdh");
}

}  // namespace
}  // namespace usher::config
