// What the user said of DRM systems: which to speak to, and what they are told
// beside the KIDs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "packager/config/scheme.h"

namespace usher::config {

struct PackageSettings;

enum class DrmSystem { kWidevine, kPlayReady, kFairPlay };

struct DrmOptions {
  std::vector<DrmSystem> systems;  // empty: none
  std::string content_id;          // Widevine; empty: none
  // Where players ask for licences; none: the page or app knows.
  std::map<DrmSystem, std::string> licence_urls;
  std::string fairplay_uri = "skd://{kid}";  // {kid} becomes 32 hex digits
};

// Rows of the setting table: check and store one value.
Status AssignDrm(PackageSettings& settings, std::string_view value);
Status AssignDrmContentId(PackageSettings& settings, std::string_view value);
Status AssignDrmLicenceUrl(PackageSettings& settings, std::string_view value);
Status AssignFairPlayUri(PackageSettings& settings, std::string_view value);

// Takes the settings' words on DRM; refuses (BadInput) what does not go
// together.
Result<DrmOptions> ResolveDrm(PackageSettings& settings,
                              const std::vector<Scheme>& schemes);

}  // namespace usher::config
