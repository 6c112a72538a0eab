// Where a presentation's fragments come from: the two ways to read a film.
//
// An indexed film (MP4, MOV) is read by the workers themselves, each a whole
// segment of one track at a time; everything else packet by packet, by the
// calling thread, while the workers write. Both make the same fragments.
#pragma once

#include <functional>

#include "core/base/error.h"
#include "packager/fragment/fragment.h"
#include "packager/input/interrupt.h"
#include "packager/pipeline/package_plan.h"
#include "packager/pipeline/progress.h"

namespace usher {

// Takes a fragment of a track of the plan, and uses it up. Called by several
// workers at once, each with its own number, 0 to WorkerCount() - 1.
using FragmentSink =
    std::function<Status(size_t worker, size_t track, Fragment& fragment)>;

// How many threads write: one a core.
size_t WorkerCount();

struct SourceContext {
  Progress& progress;
  const Interrupt& interrupt;
};

// Hands every fragment of the plan to `sink`. Fails with its first error.
Status ReadFragments(const PackagePlan& plan, const SourceContext& context,
                     const FragmentSink& sink);

}  // namespace usher
