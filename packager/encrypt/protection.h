// How a track is protected, and what encryption says of each sample: what the
// boxes (packager/mp4) and the manifests (packager/manifest) need to know.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/keys/key_id.h"
#include "packager/config/scheme.h"

namespace usher {

// ISO/IEC 23001-7 7.2: clear bytes, then protected bytes.
struct Subsample {
  uint16_t clear = 0;
  uint32_t encrypted = 0;
};

// One sample's entry of `senc`. For cbcs the IV is constant and lies in tenc;
// no subsamples means the whole sample is protected.
struct SampleProtection {
  std::array<uint8_t, 8> iv{};  // cenc only
  std::vector<Subsample> subsamples;
};

// What `tenc` says (ISO/IEC 23001-7 8.2). Only for kCbcs and kCenc.
struct TrackProtection {
  Scheme scheme = Scheme::kCenc;
  keys::KeyId default_kid;
  uint8_t crypt_byte_block = 0;  // cbcs video 1:9, audio 0:0
  uint8_t skip_byte_block = 0;
  std::array<uint8_t, 16> constant_iv{};  // cbcs
  // Of keys that sample groups name, in order.
  std::vector<keys::KeyId> further_kids = {};
  std::vector<Bytes> drm_pssh = {};  // boxes of DRM systems
};

}  // namespace usher
