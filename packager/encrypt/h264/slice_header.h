// Where a slice header ends: encryption leaves it clear, so that a player can
// find pictures without the key (ISO/IEC 23001-7 10.4.1).
#pragma once

#include <cstddef>
#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/h264/parameter_sets.h"

namespace usher::h264 {

// Bytes from the NAL header to the last one that holds bits of the slice
// header, emulation prevention bytes included (ITU-T H.264 7.3.3). `nal` is a
// coded slice (type 1 or 5). Nothing where the header is damaged or names
// parameter sets that were not seen.
std::optional<size_t> SliceHeaderSize(ByteView nal, const ParameterSets& sets);

}  // namespace usher::h264
