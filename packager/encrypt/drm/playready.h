// The PlayReady Object that names content keys: one record, a PlayReady
// Header in UTF-16LE (PlayReady Header Specification, sections 2 and 3;
// version 4.3.0.0, which knows AESCBC beside AESCTR).
#pragma once

#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/keys/content_key.h"
#include "packager/config/scheme.h"

namespace usher {

// `scheme` is kCbcs or kCenc. `licence_url` (ASCII) becomes LA_URL; empty:
// none. Of a key only a checksum goes into it, under cenc: 8 bytes, which
// tell a player that a licence holds another one.
Bytes PlayReadyObject(Scheme scheme,
                      std::span<const keys::ContentKey* const> keys,
                      std::string_view licence_url);

// A KID as PlayReady writes it: the bytes of a GUID, whose first three fields
// are little-endian.
keys::KeyId ToGuidOrder(const keys::KeyId& kid);

// The first 8 bytes of the KID (as a GUID) under AES-128-ECB with the key.
Bytes PlayReadyChecksum(const keys::KeyId& kid, ByteView key);

}  // namespace usher
