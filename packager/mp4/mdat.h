// The header of a media data box (ISO/IEC 14496-12 8.1.1), the one box whose
// contents are not written along with it.
#pragma once

#include <cstdint>

#include "core/base/byte_writer.h"

namespace usher::mp4 {

// With a 64-bit size where `payload_size` needs one.
void WriteMdatHeader(ByteWriter& out, uint64_t payload_size);

}  // namespace usher::mp4
