// senc, saiz, saio and the 'seig' sample groups of a track fragment, read and
// held against each other (ISO/IEC 23001-7 6, 7; ISO/IEC 14496-12 8.7.8,
// 8.7.9, 8.9).
#pragma once

#include "packager/inspect/movie_fragment.h"

namespace usher::inspect {

struct TrafSource {
  const FragmentSource& fragment;
  ByteView traf;      // the box's body
  uint64_t base = 0;  // what saio's offsets count from
};

// Fills in `protections`, `groups` and `encryption` of `fragment`, whose
// samples are there already.
void ReadAuxiliary(const TrafSource& source, TrackFragment& fragment,
                   Findings& findings);

}  // namespace usher::inspect
