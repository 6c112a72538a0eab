// saiz, saio and senc: what a decryptor must know of each sample
// (ISO/IEC 23001-7 7, ISO/IEC 14496-12 8.7.8 and 8.7.9).
#pragma once

#include <span>

#include "core/base/byte_writer.h"
#include "packager/encrypt/protection.h"

namespace usher::mp4 {

// `moof_start` is where in `out` the moof begins that saio counts from.
// Writes nothing where there is nothing to say: without protections, and for
// whole samples under a constant IV (cbcs sound), which tenc describes fully.
void WriteSampleEncryption(ByteWriter& out, size_t moof_start, Scheme scheme,
                           std::span<const SampleProtection> protections);

}  // namespace usher::mp4
