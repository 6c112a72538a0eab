// Initialisation vectors of one track under one content key.
//
// Every IV is a pure function of (salt, track name, segment, sample), so that
// workers need not agree and a second run makes the same bytes; and none
// repeats under one key:
//
//   aes-128  16 bytes of HMAC-SHA256(salt, "aes-128 segment" 0 track 0 segment)
//   cbcs     16 bytes of HMAC-SHA256(salt, "cbcs constant" 0 track)
//   cenc     20-bit track tag | 24-bit segment | 20-bit sample, XORed with 64
//            bits derived from the salt: no two are equal as long as the tags
//            of all tracks under the key differ, which CheckTrackTags tells.
//            The block counter is the low half of AES-CTR's counter block and
//            starts at 0 in each sample (ISO/IEC 23001-7 9.3).
//
// Immutable and thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"
#include "core/crypto/aes.h"

namespace usher {

class IvSource {
 public:
  IvSource(ByteView salt, std::string_view track_name);

  crypto::AesBlock SegmentIv(uint64_t segment) const;  // aes-128
  crypto::AesBlock ConstantIv() const;                 // cbcs
  // cenc. Segments are below 2^24 (three years of 6 s), samples below 2^20.
  Result<std::array<uint8_t, 8>> SampleIv(uint64_t segment,
                                          uint64_t sample) const;

 private:
  SecretBytes salt_;
  std::string track_name_;
  uint64_t cenc_base_;  // mask XOR (tag << 44)
};

// Fails (BadInput) where two of the tracks that one key protects have equal
// tags under `salt`: another salt mends it. With random salts that is one draw
// in 2^20 for two tracks.
Status CheckTrackTags(ByteView salt, std::span<const std::string> track_names);

}  // namespace usher
