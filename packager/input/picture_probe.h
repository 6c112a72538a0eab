// What the pictures of a coded video are like, judged as libav judges a film's
// first ones: by decoding one.
#pragma once

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/track/track.h"

namespace usher {

// `stream` is a key picture of H.264 or HEVC behind its parameter sets, all
// with start codes. Fills in the size, shape and colours of `track`, of that
// codec, and how far decoding runs ahead where that is more. Fails (BadInput)
// where nothing can be made of the picture.
Status ProbePicture(ByteView stream, Track& track);

}  // namespace usher
