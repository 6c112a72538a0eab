#include "packager/config/drm_settings.h"

#include <algorithm>
#include <utility>

#include "packager/config/package_settings.h"

namespace usher::config {
namespace {

struct Name {
  std::string_view text;
  DrmSystem system;
};
constexpr Name kNames[] = {{"widevine", DrmSystem::kWidevine},
                           {"playready", DrmSystem::kPlayReady},
                           {"fairplay", DrmSystem::kFairPlay}};

std::optional<DrmSystem> ParseSystem(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &Name::text);
  if (found == std::end(kNames)) return std::nullopt;
  return found->system;
}

std::string NameOf(DrmSystem system) {
  return std::string(std::ranges::find(kNames, system, &Name::system)->text);
}

std::unexpected<Error> RefuseName(std::string_view name) {
  return BadInput("", "'" + std::string(name) + "' is no DRM system",
                  "use widevine, playready or fairplay");
}

// A URI goes into XML in UTF-16 and into playlists: no character that is
// another in one of them.
bool IsUri(std::string_view text) {
  constexpr size_t kLongest = 2000;
  return text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>';
         });
}

bool Has(const std::vector<Scheme>& schemes, Scheme scheme) {
  return std::ranges::find(schemes, scheme) != schemes.end();
}

bool Has(const DrmOptions& drm, DrmSystem system) {
  return std::ranges::find(drm.systems, system) != drm.systems.end();
}

Status CheckSystems(const DrmOptions& drm, const std::vector<Scheme>& schemes) {
  if (drm.systems.empty()) return {};
  if (!Has(schemes, Scheme::kCbcs) && !Has(schemes, Scheme::kCenc)) {
    return BadInput("--drm", "needs samples encrypted as DRM systems do",
                    "use --encryption cbcs or cenc");
  }
  if (Has(drm, DrmSystem::kFairPlay) && !Has(schemes, Scheme::kCbcs)) {
    return BadInput("--drm", "FairPlay decrypts cbcs only",
                    "use --encryption cbcs, or leave fairplay out");
  }
  return {};
}

// What is told to a system that is not there would be lost without a word.
Status CheckDetails(const PackageSettings& settings, const DrmOptions& drm) {
  const auto unused = [](const char* option, DrmSystem system) {
    return BadInput(option, "is for " + NameOf(system) + ", which is not named",
                    "add " + NameOf(system) + " to --drm, or leave it out");
  };
  if (settings.drm_content_id && !Has(drm, DrmSystem::kWidevine)) {
    return unused("--drm-content-id", DrmSystem::kWidevine);
  }
  if (settings.fairplay_uri && !Has(drm, DrmSystem::kFairPlay)) {
    return unused("--fairplay-uri", DrmSystem::kFairPlay);
  }
  for (const auto& [system, url] : drm.licence_urls) {
    if (!Has(drm, system)) return unused("--drm-licence-url", system);
  }
  return {};
}

}  // namespace

Status AssignDrm(PackageSettings& settings, std::string_view value) {
  while (true) {
    const size_t comma = value.find(',');
    const std::string_view name = value.substr(0, comma);
    const auto system = ParseSystem(name);
    if (!system) return RefuseName(name);
    if (std::ranges::find(settings.drm, *system) != settings.drm.end()) {
      return BadInput("", "'" + std::string(name) + "' is named twice",
                      "name it once");
    }
    settings.drm.push_back(*system);
    if (comma == std::string_view::npos) return {};
    value.remove_prefix(comma + 1);
  }
}

Status AssignDrmContentId(PackageSettings& settings, std::string_view value) {
  constexpr size_t kLongest = 255;
  if (value.empty() || value.size() > kLongest) {
    return BadInput("", "is not 1 to 255 bytes long",
                    "write the name your licence server knows the film by");
  }
  settings.drm_content_id = std::string(value);
  return {};
}

Status AssignDrmLicenceUrl(PackageSettings& settings, std::string_view value) {
  const size_t equals = value.find('=');
  if (equals == std::string_view::npos) {
    return BadInput("", "names no DRM system",
                    "write widevine=https://... or playready=https://...");
  }
  const auto system = ParseSystem(value.substr(0, equals));
  if (!system) return RefuseName(value.substr(0, equals));
  if (*system == DrmSystem::kFairPlay) {
    return BadInput("", "playlists have no place for FairPlay's",
                    "tell it to your app, or put it into --fairplay-uri");
  }
  const std::string_view url = value.substr(equals + 1);
  if (!IsUri(url) ||
      !(url.starts_with("https://") || url.starts_with("http://"))) {
    return BadInput("", "is no http(s) URL", "write such as https://host/path");
  }
  if (!settings.drm_licence_urls.emplace(*system, url).second) {
    return BadInput("", "is given twice for " + NameOf(*system),
                    "give each system one");
  }
  return {};
}

Status AssignFairPlayUri(PackageSettings& settings, std::string_view value) {
  constexpr std::string_view kScheme = "skd://";
  if (!value.starts_with(kScheme) || value == kScheme || !IsUri(value)) {
    return BadInput("", "is no skd:// URI", "write such as skd://{kid}");
  }
  settings.fairplay_uri = std::string(value);
  return {};
}

Result<DrmOptions> ResolveDrm(PackageSettings& settings,
                              const std::vector<Scheme>& schemes) {
  DrmOptions drm;
  drm.systems = settings.drm;
  drm.content_id = settings.drm_content_id.value_or("");
  drm.licence_urls = settings.drm_licence_urls;
  if (settings.fairplay_uri) drm.fairplay_uri = *settings.fairplay_uri;
  Status checked = CheckSystems(drm, schemes);
  if (checked) checked = CheckDetails(settings, drm);
  if (!checked) return std::unexpected(std::move(checked).error());
  return drm;
}

}  // namespace usher::config
