// Where an HEVC slice segment header ends: encryption leaves it clear, so that
// a player can find pictures without the key (ISO/IEC 23001-7 10.4.1).
#pragma once

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/hevc/parameter_sets.h"

namespace usher::hevc {

// Bytes from the NAL header to the last one of the slice segment header, its
// byte_alignment() and emulation prevention bytes included (ITU-T H.265
// 7.3.6.1). `nal` is a coded slice segment of the base layer. Nothing where
// the header is damaged or names parameter sets that were not seen.
std::optional<size_t> SliceHeaderSize(ByteView nal, const ParameterSets& sets);

}  // namespace usher::hevc
