// Everything that is decided before the first byte is written: which tracks,
// under which names, where they lie on the common timeline, and where they are
// cut. What cannot be packaged is refused here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/fragment/cut_plan.h"
#include "packager/input/input_file.h"
#include "packager/input/interrupt.h"
#include "packager/pipeline/indexed_file.h"
#include "packager/pipeline/progress.h"
#include "packager/pipeline/text_plan.h"
#include "packager/track/track.h"
#include "packager/track/track_variant.h"

namespace usher {

struct PlannedTrack {
  Track track;
  size_t input = 0;        // index into the options' inputs
  size_t input_track = 0;  // index into that input's tracks
  int64_t shift = 0;       // from the input's clock to the presentation's
  // Sound that ends at or before this, on the input's clock, is left out.
  std::optional<int64_t> not_before;
  TrackCuts cuts;
  // How it is coded from later segments on, rising. Each begins at a jump.
  std::vector<TrackVariant> variants = {};
};

struct PackagePlan {
  std::vector<InputFilePtr> files;   // the options' inputs
  std::vector<PlannedTrack> tracks;  // video, then audio
  // Where segments 1, 2, 3, ... begin on the presentation's clock, those of
  // sound that outlasts the pictures included.
  std::vector<MediaTime> segment_starts;
  std::vector<PlannedText> texts;
  // By input, or empty where they are to be read packet by packet.
  std::vector<IndexedFile> indexes;
  // Numbers of segments in front of which the input's clock jumped, or a
  // track's decoder configuration was replaced.
  std::vector<uint64_t> jumps;
  bool aligned = true;  // renditions are cut at the same times
  double seconds = 0;   // of the presentation
  size_t segments = 0;  // of video; of sound where there is none
  std::vector<std::string> warnings;
};

// Reads every input once, or just its index.
Result<PackagePlan> PlanPackage(const config::PackageOptions& options,
                                Progress& progress, const Interrupt& interrupt);

}  // namespace usher
