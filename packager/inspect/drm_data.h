// What DRM systems are told, read back: Widevine's pssh data and the PlayReady
// Object (packager/encrypt/drm writes them and names the specifications).
// Anyone's bytes; nothing is believed before it is checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/keys/key_id.h"

namespace usher::inspect {

inline constexpr std::string_view kWidevineSystem =
    "edef8ba979d64acea3c827dcd51d21ed";
inline constexpr std::string_view kPlayReadySystem =
    "9a04f07998404286ab92e65be0885f95";

struct DrmData {
  std::vector<keys::KeyId> kids;
  std::string scheme;  // "cenc", "AESCTR", ...; empty: not said
  std::map<keys::KeyId, Bytes> checksums;  // PlayReady
};

// Nothing where it is no such message.
std::optional<DrmData> ReadWidevineData(ByteView data);
// Nothing where lengths or the header's text are wrong.
std::optional<DrmData> ReadPlayReadyObject(ByteView object);

}  // namespace usher::inspect
