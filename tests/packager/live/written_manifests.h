// All that one publish of a live event writes.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "packager/manifest/live_manifests.h"
#include "packager/manifest/manifests.h"

namespace usher::manifest {

inline StoreManifest Into(std::vector<ManifestFile>& files) {
  return [&](const std::string& path, std::span<const ByteView> pieces) {
    ManifestFile& file = files.emplace_back();
    file.path = path;
    for (const ByteView piece : pieces) file.text += AsText(piece);
    return Status();
  };
}

// `manifests` of this event.
inline std::vector<ManifestFile> WriteLive(
    Presentation& presentation,
    const std::optional<std::chrono::microseconds>& window,
    LiveManifests& manifests) {
  std::vector<ManifestFile> files;
  (void)manifests.Write(presentation, window, Into(files));
  return files;
}

inline std::vector<ManifestFile> WriteParts(
    const Presentation& presentation,
    const std::optional<std::chrono::microseconds>& window,
    LiveManifests& manifests) {
  std::vector<ManifestFile> files;
  (void)manifests.WriteParts(presentation, window, Into(files));
  return files;
}

// As if it were the first publish of all.
inline std::vector<ManifestFile> WriteLive(
    Presentation presentation,
    const std::optional<std::chrono::microseconds>& window) {
  LiveManifests fresh;
  return WriteLive(presentation, window, fresh);
}

}  // namespace usher::manifest
