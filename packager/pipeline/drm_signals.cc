#include "packager/pipeline/drm_signals.h"

#include <algorithm>
#include <utility>

#include "core/base/base64url.h"
#include "packager/encrypt/drm/playready.h"
#include "packager/encrypt/drm/widevine.h"
#include "packager/mp4/protection_boxes.h"

namespace usher {
namespace {

using config::DrmOptions;
using config::DrmSystem;
using Keys = std::span<const keys::ContentKey* const>;

constexpr char kWidevine[] = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";
constexpr char kPlayReady[] = "9a04f079-9840-4286-ab92-e65be0885f95";
constexpr char kFairPlay[] = "94ce86fb-07ff-4f43-adb8-93d2fa968ca2";

std::string LicenceUrlOf(const DrmOptions& drm, DrmSystem system) {
  const auto found = drm.licence_urls.find(system);
  return found == drm.licence_urls.end() ? std::string() : found->second;
}

// System identifiers are UUIDs, as KIDs are.
Bytes PsshOf(const char* system_id, ByteView data) {
  return mp4::WriteSystemPssh(keys::KeyId::Parse(system_id)->view(), data);
}

DrmSignal WidevineSignal(const DrmOptions& drm, Scheme scheme, Keys keys) {
  std::vector<keys::KeyId> kids;
  for (const keys::ContentKey* key : keys) kids.push_back(key->kid);
  DrmSignal signal;
  signal.system_id = kWidevine;
  signal.pssh =
      PsshOf(kWidevine, WidevinePsshData(scheme, kids, drm.content_id));
  signal.licence_url = LicenceUrlOf(drm, DrmSystem::kWidevine);
  signal.hls_uri = "data:text/plain;base64," + ToBase64(signal.pssh);
  signal.hls_key_format = std::string("urn:uuid:") + kWidevine;
  signal.hls_key_id = kids.front().bytes;
  return signal;
}

DrmSignal PlayReadySignal(const DrmOptions& drm, Scheme scheme, Keys keys) {
  DrmSignal signal;
  signal.system_id = kPlayReady;
  signal.value = "MSPR 2.0";
  signal.licence_url = LicenceUrlOf(drm, DrmSystem::kPlayReady);
  signal.playready_object = PlayReadyObject(scheme, keys, signal.licence_url);
  signal.pssh = PsshOf(kPlayReady, signal.playready_object);
  signal.hls_uri = "data:text/plain;charset=UTF-16;base64," +
                   ToBase64(signal.playready_object);
  signal.hls_key_format = "com.microsoft.playready";
  return signal;
}

// Its players learn all there is from the URI; there is no pssh.
DrmSignal FairPlaySignal(const DrmOptions& drm, Keys keys) {
  constexpr std::string_view kPlaceholder = "{kid}";
  DrmSignal signal;
  signal.system_id = kFairPlay;
  signal.hls_uri = drm.fairplay_uri;
  for (size_t at = 0;
       (at = signal.hls_uri.find(kPlaceholder, at)) != std::string::npos;) {
    signal.hls_uri.replace(at, kPlaceholder.size(), keys.front()->kid.ToHex());
  }
  signal.hls_key_format = "com.apple.streamingkeydelivery";
  return signal;
}

std::string KeyFormatOf(const std::string& system_id) {
  if (system_id == kPlayReady) return "com.microsoft.playready";
  if (system_id == kFairPlay) return "com.apple.streamingkeydelivery";
  return "urn:uuid:" + system_id;
}

DrmSignal CpixSignal(const playlist::CpixSystem& system,
                     const keys::KeyId& kid) {
  DrmSignal signal;
  signal.system_id = system.system_id;
  if (signal.system_id == kPlayReady) signal.value = "MSPR 2.0";
  signal.pssh = system.pssh;
  signal.playready_object = system.playready_object;
  signal.licence_url = system.licence_url;
  if (!system.hls) return signal;
  signal.hls_uri = system.hls->uri;
  signal.hls_key_format = system.hls->key_format.empty()
                              ? KeyFormatOf(system.system_id)
                              : system.hls->key_format;
  signal.hls_key_format_versions = system.hls->key_format_versions;
  if (signal.system_id == kWidevine) signal.hls_key_id = kid.bytes;
  return signal;
}

DrmSignals CpixSignals(const playlist::CpixDocument& document, Scheme scheme,
                       Keys keys) {
  DrmSignals signals;
  for (const keys::ContentKey* key : keys) {
    for (const playlist::CpixSystem& system : document.systems) {
      if (system.kid != key->kid.ToHex()) continue;
      if (system.system_id == kFairPlay && scheme != Scheme::kCbcs) continue;
      signals.push_back(CpixSignal(system, key->kid));
    }
  }
  return signals;
}

DrmSignals OwnSignals(const DrmOptions& drm, Scheme scheme, Keys keys) {
  DrmSignals signals;
  for (const DrmSystem system : drm.systems) {
    switch (system) {
      case DrmSystem::kWidevine:
        signals.push_back(WidevineSignal(drm, scheme, keys));
        break;
      case DrmSystem::kPlayReady:
        signals.push_back(PlayReadySignal(drm, scheme, keys));
        break;
      case DrmSystem::kFairPlay:
        if (scheme != Scheme::kCbcs) break;
        signals.push_back(FairPlaySignal(drm, keys));
        break;
    }
  }
  return signals;
}

}  // namespace

DrmSignals SignalsOf(const config::PackageOptions& options, Scheme scheme,
                     Keys keys) {
  if (scheme != Scheme::kCbcs && scheme != Scheme::kCenc) return {};
  DrmSignals signals;
  if (options.keys.cpix) {
    signals = CpixSignals(*options.keys.cpix, scheme, keys);
  }
  for (DrmSignal& own : OwnSignals(options.drm, scheme, keys)) {
    if (std::ranges::find(signals, own.system_id, &DrmSignal::system_id) ==
        signals.end()) {
      signals.push_back(std::move(own));
    }
  }
  return signals;
}

}  // namespace usher
