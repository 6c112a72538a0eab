// EXT-X-KEY and EXT-X-SESSION-KEY as data (rfc8216bis 4.4.4.4, 4.4.6.5).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/playlist/hls_text.h"

namespace usher::playlist {

enum class KeyMethod {
  kAes128,        // whole segments
  kSampleAes,     // cbcs
  kSampleAesCtr,  // cenc
};

struct HlsKey {
  KeyMethod method = KeyMethod::kAes128;
  std::string uri;
  std::optional<std::array<uint8_t, 16>> iv;
  std::string key_format = "identity";  // the default is not written
  std::string key_format_versions = "1";
  // KEYID, which is no standard's: Widevine's players look for it.
  std::optional<std::array<uint8_t, 16>> key_id = std::nullopt;
  bool operator==(const HlsKey&) const = default;
};

AttributeList Attributes(const HlsKey& key);
// Whether KEYFORMAT is written, which takes a playlist of version 5.
bool HasKeyFormat(const HlsKey& key);

}  // namespace usher::playlist
