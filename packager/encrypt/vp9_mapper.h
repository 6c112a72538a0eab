// The subsample map of VP9 (VP Codec ISO Media File Format Binding, "Common
// Encryption"): clear are each frame's uncompressed header and the index of a
// superframe.
#pragma once

#include <memory>

#include "packager/encrypt/sample_mapper.h"

namespace usher {

std::unique_ptr<SampleMapper> MakeVp9Mapper(Scheme scheme);

}  // namespace usher
