// All that one publish of a live event writes.
#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "packager/manifest/live_manifests.h"

namespace usher::manifest {

inline std::vector<ManifestFile> LiveManifests(
    Presentation presentation,
    const std::optional<std::chrono::microseconds>& window) {
  std::vector<ManifestFile> files;
  (void)WriteLiveManifests(presentation, window, [&](const ManifestFile& file) {
    files.push_back(file);
    return Status();
  });
  return files;
}

inline std::vector<ManifestFile> PartManifests(
    const Presentation& presentation,
    const std::optional<std::chrono::microseconds>& window) {
  std::vector<ManifestFile> files;
  (void)WritePartManifests(presentation, window, [&](const ManifestFile& file) {
    files.push_back(file);
    return Status();
  });
  return files;
}

}  // namespace usher::manifest
