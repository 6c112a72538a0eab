#include "packager/config/yaml_config.h"

#include <gtest/gtest.h>

#include <string>

#include "packager/config/setting_table.h"
#include "tests/support/temp_dir.h"

namespace usher::config {
namespace {

using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

std::string Refusal(std::string_view yaml) {
  const auto settings = ParseYamlConfig(yaml, "u.yaml");
  if (settings) return "";
  EXPECT_EQ(settings.error().kind, ErrorKind::kBadInput);
  return settings.error().OneLine();
}

TEST(YamlConfig, SetsEverySettingThatAFlagSets) {
  const auto settings = ParseYamlConfig(R"(
# a comment
inputs:
  - film-720.mp4,name=v720
  - path: "a, b.mp4"
    lang: en
    role: commentary
    name: a-extra
output: out
event: fight-night
encryption: [cbcs, aes-128]
segment-duration: 4
key-store: /srv/keys
master-key: /srv/master.key
key: 00112233445566778899aabbccddeeff:ffeeddccbbaa99887766554433221100
salt: "00000000000000000000000000000001"
key-per-track: true
key-rotation: 10m
clear-lead: 30
allow-clear-copy: true
allow-misaligned: true
trick-play: true
force: true
dry-run: false
verify: true
json: true
quiet: false
)",
                                        "u.yaml");
  ASSERT_TRUE(settings) << settings.error().OneLine();
  ASSERT_EQ(settings->inputs.size(), 2U);
  EXPECT_EQ(settings->inputs[0].path, "film-720.mp4");
  EXPECT_EQ(settings->inputs[0].name, "v720");
  EXPECT_EQ(settings->inputs[1].path, "a, b.mp4");
  EXPECT_EQ(settings->inputs[1].language, "en");
  EXPECT_EQ(settings->inputs[1].role, "commentary");
  EXPECT_EQ(settings->inputs[1].name, "a-extra");
  EXPECT_EQ(settings->output, "out");
  EXPECT_EQ(settings->event, "fight-night");
  EXPECT_EQ(settings->schemes, (std::vector{Scheme::kCbcs, Scheme::kAes128}));
  EXPECT_EQ(settings->segment_duration, 4);
  EXPECT_EQ(settings->key_store, "/srv/keys");
  EXPECT_EQ(settings->master_key, "/srv/master.key");
  EXPECT_EQ(settings->key_per_track, true);
  EXPECT_EQ(settings->key_rotation, 600);
  EXPECT_EQ(settings->clear_lead, 30);
  EXPECT_EQ(settings->keys.at(0).kid.ToHex(),
            "00112233445566778899aabbccddeeff");
  EXPECT_EQ(settings->salt->size(), 16U);
  EXPECT_EQ(settings->allow_clear_copy, true);
  EXPECT_EQ(settings->allow_misaligned, true);
  EXPECT_EQ(settings->trick_play, true);
  EXPECT_EQ(settings->force, true);
  EXPECT_EQ(settings->dry_run, false);
  EXPECT_EQ(settings->verify, true);
  EXPECT_EQ(settings->json, true);
  EXPECT_EQ(settings->quiet, false);
}

TEST(YamlConfig, MaySayNothing) {
  for (const char* yaml : {"", "\n", "# only a comment\n", "---\n", "{}"}) {
    EXPECT_EQ(Refusal(yaml), "") << yaml;
  }
}

TEST(YamlConfig, TakesOneInputOrSchemeWithoutAList) {
  const auto settings =
      ParseYamlConfig("inputs: film.mp4\nencryption: cenc,none\n", "u.yaml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->inputs.size(), 1U);
  EXPECT_EQ(settings->schemes, (std::vector{Scheme::kCenc, Scheme::kNone}));
}

struct Mistake {
  const char* yaml;
  const char* line;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldWithFileLineAndRemedy) {
  EXPECT_EQ(Refusal(GetParam().yaml), GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    All, Mistakes,
    ::testing::Values(
        Mistake{"event: a\nsegment_duration: 6\n",
                "u.yaml:2: unknown setting 'segment_duration'; did you mean "
                "'segment-duration'?"},
        Mistake{"bitrate: 6\n",
                "u.yaml:1: unknown setting 'bitrate'; see --help"},
        Mistake{"event: a\n\nevent: b\n",
                "u.yaml:3: 'event' is set twice; keep one of them"},
        Mistake{"event: [a, b]\n",
                "u.yaml:1: event: takes one value; write it without a list"},
        Mistake{"output:\n  dir: x\n",
                "u.yaml:2: output: is no plain value; write DIR on the "
                "same line"},
        Mistake{"output:\n",
                "u.yaml:1: output: has no value; write DIR on the same line"},
        Mistake{"force: maybe\n",
                "u.yaml:1: force: 'maybe' is neither true nor false; write "
                "true or false"},
        Mistake{"force: []\n",
                "u.yaml:1: force: takes one value; write it without a list"},
        Mistake{"force: {}\n",
                "u.yaml:1: force: is no plain value; write true or false"},
        Mistake{"segment-duration: fast\n",
                "u.yaml:1: segment-duration: 'fast' is no duration of 1 to 60 "
                "seconds; give seconds as a number, such as 6"},
        Mistake{"encryption:\n  - cbcs\n  - rot13\n",
                "u.yaml:3: encryption: 'rot13' is no scheme; use aes-128, "
                "cbcs, cenc or none"},
        Mistake{"encryption: [[cbcs]]\n",
                "u.yaml:1: encryption: is no plain value; write SCHEME on the "
                "same line"},
        Mistake{"inputs:\n  - lang: en\n",
                "u.yaml:2: inputs: an input has no path; add 'path: FILE'"},
        Mistake{"inputs:\n  - path: a\n    lnag: en\n",
                "u.yaml:3: inputs: input attribute 'lnag' is unknown; use "
                "lang, role or name"},
        Mistake{"inputs:\n  - path: a\n    path: b\n",
                "u.yaml:3: inputs: 'path' is set twice; keep one of them"},
        Mistake{"inputs:\n  - path: [a]\n",
                "u.yaml:2: inputs: is no 'attribute: value'; use path, lang, "
                "role or name"},
        Mistake{"- event\n",
                "u.yaml:1: is no map of settings; write one 'setting: value' a "
                "line"},
        Mistake{"just words\n",
                "u.yaml:1: is no map of settings; write one 'setting: value' a "
                "line"},
        Mistake{"[a]: b\n",
                "u.yaml:1: a setting's name is not plain text; write "
                "'setting: value'"}));

TEST(YamlConfig, NamesTheLineOfBrokenYaml) {
  for (const char* yaml :
       {"event: a\noutput: [x\n", "event: a\n\toutput: b\n",
        "event: a\noutput: *nowhere\n", "event: a\nkey: \"\\q\"\n"}) {
    const std::string line = Refusal(yaml);
    EXPECT_TRUE(line.starts_with("u.yaml:2: is no valid YAML (") ||
                line.starts_with("u.yaml:3: is no valid YAML ("))
        << line;
  }
}

TEST(YamlConfig, DoesNotTellAKeyThatItRefuses) {
  const std::string line =
      Refusal("key: 00112233445566778899aabbccddeeff:c0ffee\n");
  EXPECT_EQ(
      line,
      "u.yaml:1: key: has a key that is not 32 hex digits; write "
      "KID:KEY, 32 hex digits each (openssl rand -hex 16), or TRACK=KID:KEY");
}

TEST(YamlConfig, SurvivesDeepNestingAndAliasesOfItself) {
  EXPECT_NE(Refusal("event: " + std::string(100'000, '[')), "");
  EXPECT_NE(Refusal("inputs: &a\n  - *a\n"), "");
  EXPECT_NE(Refusal("a: &x [1,1]\nb: &y [*x,*x]\n"), "");
  EXPECT_NE(Refusal("&a ? *a : b"), "");
}

TEST(YamlConfigFile, IsReadFromDisk) {
  TempDir directory;
  WriteFile(directory / "u.yaml", "event: cup\n");
  const auto settings = ReadYamlConfig(directory / "u.yaml");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->event, "cup");
}

TEST(YamlConfigFile, IsRefusedWhereItIsMissingADirectoryOrHuge) {
  TempDir directory;
  const auto missing = ReadYamlConfig(directory / "none.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kBadInput);
  EXPECT_EQ(missing.error().OneLine(),
            (directory / "none.yaml").string() +
                ": cannot be read; check --config and the file's permissions");
  EXPECT_FALSE(ReadYamlConfig(directory.path()));
  WriteFile(directory / "huge", std::string((1 << 20) + 1, ' '));
  EXPECT_FALSE(ReadYamlConfig(directory / "huge"));
}

// The example is documentation; this is what keeps it true.
TEST(YamlConfigFile, ThatComesAsAnExampleIsValidAndNamesEverySetting) {
  const std::filesystem::path example = "config/usher.yaml.example";
  const auto settings = ReadYamlConfig(example);
  ASSERT_TRUE(settings) << settings.error().OneLine();
  const std::string text = ::usher::testing::ReadFile(example);
  for (const Setting& setting : PackageSettingTable()) {
    EXPECT_NE(text.find(std::string(setting.name) + ":"), std::string::npos)
        << setting.name;
  }
}

}  // namespace
}  // namespace usher::config
