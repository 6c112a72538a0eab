#include "packager/config/key_settings.h"

#include <gtest/gtest.h>

#include "packager/config/package_settings.h"

namespace usher::config {
namespace {

constexpr double kSegment = 6;

ExplicitKey Key(uint8_t kid) { return {{}, {.bytes = {kid}}, SecretBytes()}; }

std::string Refusal(PackageSettings settings, std::vector<Scheme> schemes) {
  const auto keys = ResolveKeys(settings, schemes, kSegment);
  return keys ? "" : keys.error().OneLine();
}

TEST(ResolveKeys, TakesWhatIsSaid) {
  PackageSettings settings;
  settings.keys.push_back(Key(1));
  settings.keys.push_back(Key(2));
  settings.key_rotation = 600;
  settings.clear_lead = 30;
  const auto keys = ResolveKeys(settings, {Scheme::kCenc}, kSegment);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->explicit_keys.size(), 2U);
  EXPECT_EQ(keys->rotation, 600);
  EXPECT_EQ(keys->clear_lead, 30);
  EXPECT_FALSE(keys->per_track);
}

TEST(ResolveKeys, RefusesWhatTheClearHasNoUseFor) {
  const auto refuses = [](const char* flag, auto set) {
    PackageSettings settings;
    set(settings);
    EXPECT_EQ(Refusal(std::move(settings), {Scheme::kNone}),
              std::string(flag) +
                  ": is given, but --encryption none uses no key; leave " +
                  flag + " out, or choose another scheme");
  };
  refuses("--key-rotation", [](auto& s) { s.key_rotation = 600; });
  refuses("--clear-lead", [](auto& s) { s.clear_lead = 30; });
  refuses("--key-per-track", [](auto& s) { s.key_per_track = true; });
}

TEST(ResolveKeys, RefusesPeriodsShorterThanASegment) {
  PackageSettings settings;
  settings.key_rotation = 5;
  EXPECT_EQ(Refusal(std::move(settings), {Scheme::kCbcs}),
            "--key-rotation: is shorter than a segment; give at least "
            "--segment-duration, such as 10m");
}

TEST(ResolveKeys, RefusesAStyleOfRotationWithNothingToRotate) {
  PackageSettings settings;
  ASSERT_TRUE(AssignRotationStyle(settings, "seig"));
  EXPECT_FALSE(AssignRotationStyle(settings, "sieg"));
  EXPECT_EQ(Refusal(std::move(settings), {Scheme::kCbcs}),
            "--rotation-style: says how keys change, and none does; add "
            "--key-rotation, or leave it out");
  PackageSettings whole;
  whole.key_rotation = 600;
  whole.rotation_style = RotationStyle::kSeig;
  EXPECT_EQ(Refusal(std::move(whole), {Scheme::kAes128}),
            "--rotation-style: is for cbcs and cenc only; leave it out, or "
            "choose such a scheme");
}

TEST(ResolveKeys, RefusesAKidThatIsGivenTwice) {
  PackageSettings settings;
  settings.keys.push_back(Key(1));
  settings.keys.push_back(Key(1));
  settings.keys[1].track = "audio";
  EXPECT_EQ(Refusal(std::move(settings), {Scheme::kCbcs}),
            "--key: KID 01000000000000000000000000000000 is given twice; give "
            "each key a KID of its own");
}

TEST(ResolveKeys, RefusesRandomKeysBesideGivenOnes) {
  PackageSettings settings;
  settings.keys.push_back(Key(1));
  settings.key_per_track = true;
  EXPECT_EQ(Refusal(std::move(settings), {Scheme::kCbcs}),
            "--key-per-track: makes random keys, and --key is given; name each "
            "track's key: --key TRACK=KID:KEY");
}

}  // namespace
}  // namespace usher::config
