// Decrypts samples under any of the four schemes of ISO/IEC 23001-7 10, from
// what the boxes say and nothing else. Not thread-safe.
#pragma once

#include <span>

#include "packager/inspect/movie_fragment.h"

namespace usher::inspect {

// In place. False where the subsamples do not fit the sample, or the scheme is
// none of cenc, cens, cbc1 and cbcs: the sample is then unusable.
bool DecryptSample(ByteView key, const Protection& protection,
                   const SampleEncryption* encryption,
                   std::span<uint8_t> sample);

}  // namespace usher::inspect
