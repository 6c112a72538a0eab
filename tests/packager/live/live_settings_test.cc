#include "packager/config/live_settings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "packager/config/yaml_config.h"
#include "tests/support/temp_dir.h"

namespace usher::config {
namespace {

Status Assign(LiveSettings& settings, std::string_view name,
              std::string_view value) {
  for (const Setting& row : LiveSettingTable()) {
    if (row.name == name) return row.assign(settings, value);
  }
  return BadInput(std::string(name), "is no row");
}

Result<LiveOptions> ResolveInput(const std::string& input,
                                 LiveSettings settings = {}) {
  EXPECT_TRUE(Assign(settings, "input", input).has_value());
  return Resolve(std::move(settings), {"/data", "/home/someone"});
}

TEST(LiveSettings, AFileNamesItsEventAndAUrlMustNot) {
  EXPECT_EQ(ResolveInput("My Film.mp4")->package.event, "my-film");
  const auto url = ResolveInput("rtmp://0.0.0.0:1935/live/very-secret");
  ASSERT_FALSE(url.has_value());
  EXPECT_EQ(url.error().OneLine().find("secret"), std::string::npos);
  EXPECT_NE(url.error().OneLine().find("--event"), std::string::npos);
  EXPECT_FALSE(ResolveInput("-").has_value());
}

TEST(LiveSettings, TheWindowIsTwoMinutesUnlessSaidOtherwise) {
  EXPECT_EQ(ResolveInput("a.ts")->window, 120);
  LiveSettings all;
  ASSERT_TRUE(Assign(all, "window", "all").has_value());
  EXPECT_FALSE(ResolveInput("a.ts", std::move(all))->window.has_value());
  LiveSettings short_one;
  ASSERT_TRUE(Assign(short_one, "window", "90s").has_value());
  EXPECT_EQ(ResolveInput("a.ts", std::move(short_one))->window, 90);
  LiveSettings wrong;
  for (const char* value : {"5s", "-2m", "ever", ""}) {
    EXPECT_FALSE(Assign(wrong, "window", value).has_value()) << value;
  }
}

TEST(LiveSettings, PartsAreShorterThanHalfOfASegmentAndNotTooShort) {
  EXPECT_EQ(ResolveInput("a.ts")->part_duration, 0);
  EXPECT_EQ(ResolveInput("a.ts")->package.segment_duration, 6);
  LiveSettings low;
  ASSERT_TRUE(Assign(low, "part-duration", "0.5").has_value());
  const auto options = ResolveInput("a.ts", std::move(low));
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->part_duration, 0.5);
  EXPECT_EQ(options->package.segment_duration, 2);
  LiveSettings tight;
  ASSERT_TRUE(Assign(tight, "part-duration", "0.6").has_value());
  ASSERT_TRUE(Assign(tight, "segment-duration", "1").has_value());
  EXPECT_FALSE(ResolveInput("a.ts", std::move(tight)).has_value());
  LiveSettings wrong;
  for (const char* value : {"0.1", "0", "-1", "9", "short"}) {
    EXPECT_FALSE(Assign(wrong, "part-duration", value).has_value()) << value;
  }
}

TEST(LiveSettings, NeedsExactlyOneInput) {
  EXPECT_FALSE(Resolve(LiveSettings{}, {"/data", ""}).has_value());
  LiveSettings two;
  ASSERT_TRUE(Assign(two, "input", "a.ts").has_value());
  ASSERT_TRUE(Assign(two, "input", "b.ts").has_value());
  EXPECT_FALSE(Resolve(std::move(two), {"/data", ""}).has_value());
}

TEST(LiveSettings, ReadsYamlAndFlagsWin) {
  const testing::TempDir directory;
  const auto file = directory.path() / "live.yaml";
  testing::WriteFile(
      file,
      "input: film.ts\nevent: fight\nwindow: 30s\n"
      "realtime: true\nencryption: [cbcs]\npart-duration: 0.5\n");
  LiveSettings from_file;
  const auto read = ReadYamlConfig(file, LiveSettingTable(), from_file);
  ASSERT_TRUE(read.has_value()) << read.error().OneLine();
  LiveSettings flags;
  ASSERT_TRUE(Assign(flags, "window", "60s").has_value());
  const auto options = Resolve(Merge(std::move(flags), std::move(from_file)),
                               {"/data", "/home/someone"});
  ASSERT_TRUE(options.has_value()) << options.error().OneLine();
  EXPECT_EQ(options->package.event, "fight");
  EXPECT_EQ(options->window, 60);
  EXPECT_TRUE(options->realtime);
  EXPECT_EQ(options->part_duration, 0.5);
  EXPECT_EQ(options->package.schemes, std::vector{Scheme::kCbcs});
}

// The example is documentation; this is what keeps it true.
TEST(LiveSettings, ThatComeAsAnExampleAreValidAndNameEverySetting) {
  const std::string example = "config/usher-live.yaml.example";
  LiveSettings settings;
  const auto read = ReadYamlConfig(example, LiveSettingTable(), settings);
  ASSERT_TRUE(read.has_value()) << read.error().OneLine();
  const auto options = Resolve(std::move(settings), {"/data", "/home/someone"});
  ASSERT_TRUE(options.has_value()) << options.error().OneLine();
  EXPECT_EQ(options->part_duration, 0.5);
  EXPECT_EQ(options->package.keys.rotation, 600);
  const std::string text = testing::ReadFile(example);
  for (const Setting& setting : LiveSettingTable()) {
    EXPECT_NE(text.find(std::string(setting.name) + ":"), std::string::npos)
        << setting.name;
  }
}

TEST(LiveSettings, KeysThatChangeAreRandom) {
  LiveSettings settings;
  ASSERT_TRUE(Assign(settings, "key-rotation", "10m").has_value());
  ASSERT_TRUE(
      Assign(settings, "key", std::string(32, 'a') + ":" + std::string(32, 'b'))
          .has_value());
  const auto refused = ResolveInput("film.ts", std::move(settings));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().OneLine().starts_with("--key-rotation"));
}

TEST(LiveSettings, TwoPackagersNeedTheSameKeysAndAnInputThatTellsTheTime) {
  const std::string key = std::string(32, 'a') + ":" + std::string(32, 'b');
  const auto resolved =
      [&](const std::string& input, bool keys,
          std::vector<std::pair<std::string, std::string>> further)
      -> std::string {
    LiveSettings settings;
    EXPECT_TRUE(Assign(settings, "epoch", "1970-01-01T00:00:00Z").has_value());
    EXPECT_TRUE(Assign(settings, "event", "fight").has_value());
    if (keys) {
      EXPECT_TRUE(Assign(settings, "key", key).has_value());
      EXPECT_TRUE(Assign(settings, "salt", std::string(32, 'c')).has_value());
    }
    for (const auto& [name, value] : further) {
      EXPECT_TRUE(Assign(settings, name, value).has_value()) << name;
    }
    const auto options = ResolveInput(input, std::move(settings));
    return options ? "" : options.error().OneLine();
  };
  const std::string srt = "srt://0.0.0.0:9000?mode=listener";
  EXPECT_EQ(resolved(srt, true, {}), "");
  EXPECT_EQ(resolved("-", false, {{"encryption", "none"}}), "");
  EXPECT_TRUE(resolved(srt, false, {}).contains("--key and --salt"));
  EXPECT_TRUE(
      resolved("rtmp://0.0.0.0/live/correct-horse", true, {}).contains("RTMP"));
  EXPECT_TRUE(resolved(srt, false, {{"key-rotation", "10m"}})
                  .contains("--key-rotation"));
  EXPECT_TRUE(resolved(srt, true, {{"slate", "config/usher-live.yaml.example"}})
                  .contains("--slate"));
  LiveSettings settings;
  EXPECT_FALSE(Assign(settings, "epoch", "yesterday").has_value());
}

TEST(LiveSettings, StoppingNeedsAStateAndNoInput) {
  for (const bool has_state : {false, true}) {
    LiveSettings settings;
    ASSERT_TRUE(Assign(settings, "stop", "true").has_value());
    if (has_state) {
      ASSERT_TRUE(Assign(settings, "state", "/var/s").has_value());
    }
    const auto options =
        Resolve(std::move(settings), {"/data", "/home/someone"});
    ASSERT_EQ(options.has_value(), has_state);
    EXPECT_TRUE(!options || options->stop);
  }
}

TEST(LiveSettings, OutputsAreADirectoryAndAnyNumberOfOrigins) {
  const auto resolved = [](const std::vector<std::string>& outputs) {
    LiveSettings settings;
    EXPECT_TRUE(Assign(settings, "input", "a.ts"));
    for (const std::string& each : outputs) {
      EXPECT_TRUE(Assign(settings, "output", each));
    }
    return Resolve(std::move(settings), {"/data", "/home/someone"});
  };
  EXPECT_TRUE(resolved({})->publish.to_directory);
  EXPECT_TRUE(resolved({})->publish.spool.empty());
  const auto both = resolved({"/media", "https://a/media", "https://b/media"});
  ASSERT_TRUE(both) << both.error().OneLine();
  EXPECT_TRUE(both->publish.to_directory);
  EXPECT_EQ(both->package.output, "/media");
  EXPECT_EQ(both->publish.targets.size(), 2u);
  EXPECT_EQ(both->publish.spool, "/data/usher/spool");
  EXPECT_FALSE(resolved({"https://a/media"})->publish.to_directory);
  EXPECT_FALSE(resolved({"/media", "/more"}));
  const auto secret = resolved({"https://packager:hunter2@a/media"});
  ASSERT_FALSE(secret);
  EXPECT_FALSE(secret.error().OneLine().contains("hunter2"));
  EXPECT_FALSE(resolved({"s3://bucket"})) << "in which store?";
}

TEST(LiveSettings, RefusesWhatIsForFilmsOnly) {
  const testing::TempDir directory;
  const auto file = directory.path() / "live.yaml";
  testing::WriteFile(file, "input: a.ts\nforce: true\n");
  LiveSettings settings;
  const auto read = ReadYamlConfig(file, LiveSettingTable(), settings);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().OneLine().find("force"), std::string::npos);
}

}  // namespace
}  // namespace usher::config
