#include "packager/config/setting_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace usher::config {
namespace {

const Setting& Row(std::string_view name) {
  for (const Setting& setting : PackageSettingTable()) {
    if (setting.name == name) return setting;
  }
  ADD_FAILURE() << "no setting " << name;
  return PackageSettingTable().front();
}

std::string Refusal(std::string_view name, std::string_view value) {
  PackageSettings settings;
  const Status status = Row(name).assign(settings, value);
  return status ? "" : status.error().OneLine();
}

constexpr char kKid[] = "00112233445566778899aabbccddeeff";
constexpr char kKey[] = "ffeeddccbbaa99887766554433221100";

TEST(SettingTable, HasEachNameOnceAndAHelpTextForIt) {
  std::set<std::string_view> names;
  for (const Setting& setting : PackageSettingTable()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    EXPECT_FALSE(setting.help.empty()) << setting.name;
    EXPECT_EQ(setting.argument.empty(), setting.kind == SettingKind::kSwitch);
    if (setting.name != "inputs") {
      EXPECT_TRUE(setting.flags.ends_with("--" + std::string(setting.name)));
    }
  }
}

TEST(SegmentDuration, IsOneToSixtySeconds) {
  for (const auto& [text, seconds] :
       {std::pair{"1", 1.0}, std::pair{"6", 6.0}, std::pair{"2.5", 2.5},
        std::pair{"60", 60.0}}) {
    PackageSettings settings;
    ASSERT_TRUE(Row("segment-duration").assign(settings, text));
    EXPECT_EQ(settings.segment_duration, seconds);
  }
  for (const char* text : {"", "0", "0.99", "60.1", "-6", "six", "6s", " 6",
                           "nan", "inf", "1e9", "6,0", "0x6"}) {
    EXPECT_EQ(Refusal("segment-duration", text),
              "'" + std::string(text) +
                  "' is no duration of 1 to 60 seconds; give seconds as a "
                  "number, such as 6");
  }
}

TEST(ContainerSetting, IsOneOfTwo) {
  PackageSettings settings;
  ASSERT_TRUE(Row("container").assign(settings, "ts"));
  EXPECT_EQ(settings.container, Container::kTs);
  EXPECT_EQ(Refusal("container", "mkv"),
            "'mkv' is no container; use cmaf or ts");
}

TEST(ProgramDateTime, IsADateWithATimeAndAZone) {
  PackageSettings settings;
  ASSERT_TRUE(
      Row("program-date-time").assign(settings, "2026-12-31T21:00:00.5+01:00"));
  EXPECT_EQ(settings.program_date_time->time_since_epoch().count(),
            1'798'747'200'500);
  for (const char* text : {"", "2026-12-31", "2026-12-31T20:00:00", "now",
                           "2026-02-30T20:00:00Z", "2026-12-31T25:00:00Z"}) {
    EXPECT_NE(Refusal("program-date-time", text), "") << text;
  }
}

TEST(Encryption, IsAListOfSchemesWithoutRepetition) {
  PackageSettings settings;
  ASSERT_TRUE(Row("encryption").assign(settings, "cbcs,aes-128"));
  ASSERT_TRUE(Row("encryption").assign(settings, "cenc"));
  EXPECT_EQ(settings.schemes,
            (std::vector{Scheme::kCbcs, Scheme::kAes128, Scheme::kCenc}));
  EXPECT_EQ(Refusal("encryption", "aes128"),
            "'aes128' is no scheme; use aes-128, cbcs, cenc or none");
  EXPECT_EQ(Refusal("encryption", "cbcs,"),
            "'' is no scheme; use aes-128, cbcs, cenc or none");
  EXPECT_EQ(Refusal("encryption", "cbcs,cbcs"),
            "'cbcs' is named twice; name it once");
}

TEST(ExplicitKey, IsAKidAndAKey) {
  PackageSettings settings;
  ASSERT_TRUE(Row("key").assign(settings, std::string(kKid) + ":" + kKey));
  ASSERT_TRUE(
      Row("key").assign(settings, "v720=" + std::string(kKey) + ":" + kKid));
  ASSERT_EQ(settings.keys.size(), 2U);
  EXPECT_EQ(settings.keys[0].track, "");
  EXPECT_EQ(settings.keys[0].kid.ToHex(), kKid);
  EXPECT_EQ(settings.keys[0].key.size(), 16U);
  EXPECT_EQ(settings.keys[1].track, "v720");
}

TEST(ExplicitKey, IsNeverToldInARefusal) {
  const std::string kid = kKid;
  const std::string key = kKey;
  const std::string mend =
      "; write KID:KEY, 32 hex digits each (openssl rand -hex 16), or "
      "TRACK=KID:KEY";
  EXPECT_EQ(Refusal("key", key), "has no ':' between KID and key" + mend);
  EXPECT_EQ(Refusal("key", "0:" + key),
            "has a KID that is not 32 hex digits" + mend);
  for (const std::string& bad :
       {key + "00", key.substr(2), key.substr(1) + "g", std::string()}) {
    EXPECT_EQ(Refusal("key", kid + ":" + bad),
              "has a key that is not 32 hex digits" + mend);
  }
  EXPECT_EQ(Refusal("key", "../x=" + kid + ":" + key),
            "has a track name that is none in front of '='" + mend);
  EXPECT_EQ(Refusal("salt", key.substr(1)),
            "is not 32 hex digits; make one: openssl rand -hex 16");
}

TEST(KeyTimes, AreLengthsOfTime) {
  PackageSettings settings;
  ASSERT_TRUE(Row("key-rotation").assign(settings, "10m"));
  EXPECT_EQ(settings.key_rotation, 600);
  ASSERT_TRUE(Row("clear-lead").assign(settings, "0"));
  EXPECT_EQ(settings.clear_lead, 0);
  EXPECT_EQ(Refusal("key-rotation", "daily"),
            "'daily' is no length of time; write seconds, or such as 10m");
  EXPECT_EQ(Refusal("key-rotation", "0s"),
            "is no time at all; write such as 10m, or leave it out");
}

TEST(EventSetting, IsAnEventNameAndARefusalSuggestsOne) {
  PackageSettings settings;
  ASSERT_TRUE(Row("event").assign(settings, "fight-night"));
  EXPECT_EQ(settings.event, "fight-night");
  EXPECT_EQ(Refusal("event", "Fight Night!"),
            "'Fight Night!' is no event name (lower-case letters, digits and "
            "'-', at most 63; not s, not usher); try 'fight-night'");
}

TEST(SwitchSetting, IsTrueOrFalse) {
  PackageSettings settings;
  ASSERT_TRUE(Row("force").assign(settings, "false"));
  EXPECT_EQ(settings.force, false);
  EXPECT_EQ(Refusal("force", "yes"),
            "'yes' is neither true nor false; write true or false");
}

TEST(PathSetting, IsNotEmpty) {
  EXPECT_EQ(Refusal("output", ""), "is empty; name a path");
}

}  // namespace
}  // namespace usher::config
