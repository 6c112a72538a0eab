// Makes a fragment of a segment's run of samples, straight from the file.
//
// Bytes that lie near each other in the file are read at once, into memory
// that is kept from one segment to the next. One object a worker.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/fragment/fragment_timer.h"
#include "packager/pipeline/package_plan.h"
#include "packager/pipeline/segment_run.h"

namespace usher {

class RunReader {
 public:
  // `plan` outlives the reader.
  explicit RunReader(const PackagePlan& plan);

  // Valid until the next call; may be used up. Fails (BadInput) where the
  // samples are not what the plan took them for.
  Result<Fragment*> Read(const SegmentRun& run);

 private:
  Status ReadBytes(const SegmentRun& run);
  Status FilterSamples(const SegmentRun& run);

  const PackagePlan& plan_;
  std::vector<FragmentTimer> timers_;  // by track
  std::vector<TimedSample> samples_;
  Fragment fragment_;
};

}  // namespace usher
