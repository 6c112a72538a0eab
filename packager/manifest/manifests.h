// Writes every playlist and the MPD of a presentation, as text.
#pragma once

#include <string>
#include <vector>

#include "packager/manifest/presentation.h"

namespace usher::manifest {

struct ManifestFile {
  std::string path;  // relative to this scheme's directory
  std::string text;
  bool operator==(const ManifestFile&) const = default;
};

// In the order in which they must be stored: a file comes after what it names.
std::vector<ManifestFile> WriteManifests(const Presentation& presentation);

}  // namespace usher::manifest
