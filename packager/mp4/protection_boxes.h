// The boxes of common encryption that lie in the init segment: sinf with schm
// and tenc, and pssh (ISO/IEC 23001-7 8, ISO/IEC 14496-12 8.12).
#pragma once

#include <string_view>

#include "core/base/byte_writer.h"
#include "packager/encrypt/protection.h"

namespace usher::mp4 {

// `original_format` is the sample entry's type without protection: "avc1".
void WriteSchemeInfo(ByteWriter& out, std::string_view original_format,
                     const TrackProtection& protection);

// Version 1, the W3C common system id, all KIDs, no data.
void WritePssh(ByteWriter& out, const TrackProtection& protection);

// sgpd and sbgp of type 'seig' in a traf: all of its `samples` are protected so
// (ISO/IEC 23001-7 6, ISO/IEC 14496-12 8.9).
void WriteKeyGroup(ByteWriter& out, const TrackProtection& protection,
                   uint32_t samples);

// Version 0, of a DRM system: the box alone. `system_id` is 16 bytes.
Bytes WriteSystemPssh(ByteView system_id, ByteView data);

}  // namespace usher::mp4
