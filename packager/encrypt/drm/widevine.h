// Widevine's pssh data: the protobuf message WidevinePsshData, of which these
// fields are written:
//
//   2 (bytes)   key_ids
//   4 (bytes)   content_id, where there is one
//   9 (uint32)  protection_scheme: the scheme's four characters, big-endian
#pragma once

#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/keys/key_id.h"
#include "packager/config/scheme.h"

namespace usher {

// `scheme` is kCbcs or kCenc.
Bytes WidevinePsshData(Scheme scheme, std::span<const keys::KeyId> kids,
                       std::string_view content_id);

}  // namespace usher
