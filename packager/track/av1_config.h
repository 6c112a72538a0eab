// What av1C tells of an AV1 stream (AV1 Codec ISO Media File Format Binding).
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

// RFC 6381: "av01.0.04M.08". Fails (BadInput) where `av1c` is no body of av1C.
Result<std::string> Av1Codecs(ByteView av1c);

// What begins decoding: a key frame that is shown (6.8.2).
bool IsAv1KeySample(ByteView sample);

// Without temporal delimiters and padding, which a sample must not have.
Bytes Av1Sample(ByteView temporal_unit);
bool IsTidyAv1Sample(ByteView temporal_unit);

}  // namespace usher
