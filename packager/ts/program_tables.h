// PAT and PMT of a transport stream with one program of one elementary stream
// (ISO/IEC 13818-1 2.4.4).
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher::ts {

inline constexpr uint16_t kPatPid = 0;
inline constexpr uint16_t kPmtPid = 0x1000;

// table_id to CRC.
Bytes ProgramAssociation();
Bytes ProgramMap(uint16_t pid, uint8_t stream_type);

}  // namespace usher::ts
