// Judges a packaged presentation, HLS or DASH, ours or anyone's, against
// RFC 8216bis, ISO/IEC 23009-1, 23000-19 (CMAF) and 23001-7 (CENC).
//
//   main file -> playlists or MPD -> renditions -> measured segments
//             -> what is told against what is measured -> findings
#pragma once

#include <string>

#include "core/base/error.h"
#include "packager/inspect/finding.h"
#include "packager/inspect/loader.h"
#include "packager/inspect/measured.h"

namespace usher::inspect {

struct InspectOptions {
  KeyRing keys;
  unsigned every = 1;  // each n-th segment is read
};

struct Inspection {
  Findings findings;
  size_t renditions = 0;
  size_t segments = 0;  // read
};

// `target` is a path or URL of a playlist or MPD, or a directory with such
// files. Fails only where there is nothing to judge: no such file, neither
// HLS nor DASH.
Result<Inspection> Inspect(const std::string& target,
                           const InspectOptions& options, Loader& loader);

}  // namespace usher::inspect
