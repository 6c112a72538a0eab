#include "packager/config/drm_settings.h"

#include <gtest/gtest.h>

#include "packager/config/package_settings.h"

namespace usher::config {
namespace {

std::string Refusal(PackageSettings& settings,
                    const std::vector<Scheme>& schemes) {
  const auto drm = ResolveDrm(settings, schemes);
  return drm ? "" : drm.error().OneLine();
}

TEST(Drm, IsReadSystemBySystem) {
  PackageSettings settings;
  ASSERT_TRUE(AssignDrm(settings, "widevine,playready"));
  ASSERT_TRUE(AssignDrm(settings, "fairplay"));
  ASSERT_TRUE(AssignDrmContentId(settings, "film 1"));
  ASSERT_TRUE(AssignDrmLicenceUrl(settings, "widevine=https://l/wv?a=b"));
  ASSERT_TRUE(AssignDrmLicenceUrl(settings, "playready=http://l/pr"));
  ASSERT_TRUE(AssignFairPlayUri(settings, "skd://l/{kid}"));
  const auto drm = ResolveDrm(settings, {Scheme::kCbcs});
  ASSERT_TRUE(drm);
  EXPECT_EQ(drm->systems.size(), 3U);
  EXPECT_EQ(drm->content_id, "film 1");
  EXPECT_EQ(drm->licence_urls.at(DrmSystem::kWidevine), "https://l/wv?a=b");
  EXPECT_EQ(drm->fairplay_uri, "skd://l/{kid}");
}

TEST(Drm, RefusesAWrongValueWithTheRemedy) {
  PackageSettings s;
  const auto refusal = [&s](auto assign, std::string_view value) {
    const Status assigned = assign(s, value);
    return assigned ? std::string() : assigned.error().OneLine();
  };
  EXPECT_EQ(refusal(AssignDrm, "playready,marlin"),
            "'marlin' is no DRM system; use widevine, playready or fairplay");
  EXPECT_EQ(refusal(AssignDrm, "widevine,widevine"),
            "'widevine' is named twice; name it once");
  EXPECT_NE(refusal(AssignDrm, ""), "");
  EXPECT_NE(refusal(AssignDrmContentId, ""), "");
  EXPECT_NE(refusal(AssignDrmContentId, std::string(256, 'x')), "");
  for (const char* value :
       {"https://l", "marlin=https://l", "fairplay=https://l", "widevine=l",
        "widevine=https://l/\"", "widevine=https://l/<", "widevine="}) {
    EXPECT_NE(refusal(AssignDrmLicenceUrl, value), "") << value;
  }
  for (const char* value : {"skd://", "https://l", "skd://a b", "skd://\n"}) {
    EXPECT_NE(refusal(AssignFairPlayUri, value), "") << value;
  }
}

TEST(Drm, NeedsASchemeItsSystemsCanDecrypt) {
  PackageSettings settings;
  settings.drm = {DrmSystem::kWidevine, DrmSystem::kFairPlay};
  EXPECT_EQ(Refusal(settings, {Scheme::kAes128}),
            "--drm: needs samples encrypted as DRM systems do; use "
            "--encryption cbcs or cenc");
  EXPECT_EQ(Refusal(settings, {Scheme::kCenc}),
            "--drm: FairPlay decrypts cbcs only; use --encryption cbcs, or "
            "leave fairplay out");
  EXPECT_EQ(Refusal(settings, {Scheme::kCenc, Scheme::kCbcs}), "");
}

TEST(Drm, RefusesDetailsOfASystemThatIsNotNamed) {
  PackageSettings settings;
  settings.fairplay_uri = "skd://x";
  EXPECT_EQ(Refusal(settings, {Scheme::kCbcs}),
            "--fairplay-uri: is for fairplay, which is not named; add fairplay "
            "to --drm, or leave it out");
  settings.drm = {DrmSystem::kFairPlay};
  settings.drm_content_id = "x";
  EXPECT_NE(Refusal(settings, {Scheme::kCbcs}), "");
  settings.drm_content_id.reset();
  settings.drm_licence_urls[DrmSystem::kPlayReady] = "https://l";
  EXPECT_NE(Refusal(settings, {Scheme::kCbcs}), "");
}

}  // namespace
}  // namespace usher::config
