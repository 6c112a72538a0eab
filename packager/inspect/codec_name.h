// The name of a codec as CODECS and @codecs write it (RFC 6381; ISO/IEC
// 14496-15 Annex E; the AV1 and VP9 in ISO BMFF bindings), read from the
// configuration box of a sample entry or from an elementary stream.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

// `boxes` are those inside the sample entry. Fills in `codecs`, `nal_codec`,
// `nal_length_size` and `decoder_config`.
void DescribeCodec(ByteView boxes, MediaTrack& track);

// The three bytes behind an SPS NAL unit's header: "avc1.64001f".
std::string AvcName(std::string_view entry, ByteView profile_and_level);

// Whether a manifest's `declared` and the media's `actual` mean the same:
// letters' case in hex, AV1's and VP9's optional fields, implicit SBR.
bool SameCodec(std::string_view declared, std::string_view actual);

}  // namespace usher::inspect
