// film_grain_params() of the AV1 bitstream specification, 5.9.30: only its
// length matters.
#pragma once

#include "packager/encrypt/av1/sequence_header.h"
#include "packager/track/bit_reader.h"

namespace usher::av1 {

// For frames that have it: the sequence has film grain, and the frame is or may
// be shown.
void SkipFilmGrain(BitReader& bits, const SequenceHeader& sequence,
                   bool inter_frame);

}  // namespace usher::av1
