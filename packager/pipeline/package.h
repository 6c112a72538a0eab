// `usher package`: from film files to a presentation on disk.
//
//   source -> tracks -> cutter -> encryptor -> segmenter -> manifests ->
//   storage
//
// Workers encrypt, write boxes and store (packager/pipeline/segment_source.h).
// Nothing appears under its final name before all of it is there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/random_source.h"
#include "core/keys/key_id.h"
#include "packager/config/package_settings.h"
#include "packager/input/interrupt.h"
#include "packager/pipeline/progress.h"
#include "packager/track/track.h"

namespace usher {

// What was made, or would have been.
struct PackageReport {
  struct SchemeOutput {
    Scheme scheme = Scheme::kAes128;
    std::string directory;          // below the event's; empty for the first
    std::vector<keys::KeyId> kids;  // none where clear, and in a dry run
    std::vector<std::string> playlists;  // below the event's directory
  };

  std::string event;
  std::filesystem::path directory;  // <output>/<event>
  unsigned revision = 1;
  Container container = Container::kCmaf;
  double seconds = 0;
  size_t segments = 0;              // of each track
  uint64_t bytes = 0;               // of all segments
  std::filesystem::path key_store;  // empty where nothing is encrypted
  std::filesystem::path master_key;
  std::vector<Track> tracks;
  std::vector<SchemeOutput> schemes;
  std::vector<std::string> warnings;
};

struct PackageContext {
  RandomSource& random;
  Progress& progress;
  const Interrupt& interrupt;
};

Result<PackageReport> Package(const config::PackageOptions& options,
                              const PackageContext& context);

}  // namespace usher
