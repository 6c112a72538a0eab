// The two sample ciphers of ISO/IEC 23001-7: cbcs (10.4) and cenc (10.1).
//
// In place and without allocating once its buffer has grown. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/encrypt/iv.h"
#include "packager/encrypt/protection.h"

namespace usher {

// Which sample it is, of one track.
struct SamplePosition {
  uint64_t segment = 0;
  uint64_t sample = 0;  // in the segment, from 0
};

class SampleCipher {
 public:
  virtual ~SampleCipher() = default;
  // Encrypts what `protection.subsamples` protects, all of `sample` where
  // there are none, and fills in `protection.iv` where the scheme has one.
  // The subsamples add up to the sample.
  virtual Status Encrypt(SamplePosition position, std::span<uint8_t> sample,
                         SampleProtection& protection) = 0;
};

// The constant IV and the pattern come from `protection`: one block in
// 1 + skip_byte_block, so 1:9 for video and every block for sound.
std::unique_ptr<SampleCipher> MakeCbcsCipher(ByteView key,
                                             const TrackProtection& protection);
std::unique_ptr<SampleCipher> MakeCencCipher(ByteView key, IvSource ivs);

}  // namespace usher
