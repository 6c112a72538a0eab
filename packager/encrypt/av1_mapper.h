// The subsample map of AV1 (AV1 Codec ISO Media File Format Binding, "Common
// Encryption"): protected are the whole blocks of each tile, ending with its
// last byte; everything else is clear.
#pragma once

#include <memory>
#include <optional>

#include "packager/encrypt/av1/sequence_header.h"
#include "packager/encrypt/sample_mapper.h"

namespace usher {

// The sequence header in the body of av1C, where there is one.
std::optional<av1::SequenceHeader> SequenceHeaderOf(ByteView av1c);

std::unique_ptr<SampleMapper> MakeAv1Mapper(
    std::optional<av1::SequenceHeader> sequence);

}  // namespace usher
