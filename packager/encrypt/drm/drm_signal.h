// What players of one DRM system are told of one content key: in the init
// segment, in the MPD, and in HLS. Plain data, no secret.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/keys/key_id.h"

namespace usher {

struct DrmSignal {
  std::string system_id;         // a UUID, lower case
  std::string value;             // ContentProtection@value; empty: none
  Bytes pssh;                    // the whole box; empty: none
  Bytes playready_object = {};   // PlayReady's own form of it, for the MPD
  std::string licence_url = {};  // empty: the page knows it
  // EXT-X-KEY and EXT-X-SESSION-KEY; no URI: none.
  std::string hls_uri = {};
  std::string hls_key_format = {};
  std::string hls_key_format_versions = "1";
  std::optional<std::array<uint8_t, 16>> hls_key_id = std::nullopt;  // KEYID
};

using DrmSignals = std::vector<DrmSignal>;

// By the KID of the key they are of.
using DrmSignalsByKid = std::map<keys::KeyId, DrmSignals>;

}  // namespace usher
