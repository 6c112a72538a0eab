// Encrypts one track's fragments under one content key.
//
// One object per track and key; fragments in any order, because every IV is a
// pure function of (salt, track name, segment number, sample) - see iv.h.
// Not thread-safe; one object per worker.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/crypto/aes.h"
#include "core/keys/content_key.h"
#include "packager/encrypt/iv.h"
#include "packager/encrypt/protection.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/fragment.h"
#include "packager/track/track.h"

namespace usher {

// cbcs and cenc: works on samples, before the boxes are written.
class SampleEncryptor {
 public:
  virtual ~SampleEncryptor() = default;
  virtual const TrackProtection& protection() const = 0;
  // Encrypts `fragment.data` in place; one entry a sample. Fails (BadInput)
  // where a sample's NAL structure is broken; the fragment is then unusable.
  virtual Result<std::vector<SampleProtection>> Encrypt(Fragment& fragment) = 0;
};

// What tenc says of `track` under `key`; `scheme` is kCbcs or kCenc.
TrackProtection ProtectionOf(Scheme scheme, const Track& track,
                             const keys::ContentKey& key);
// The same for the init segment that crypto period `period` brings, which has a
// key: with all KIDs that players need behind it, and what DRM systems are
// told.
TrackProtection ProtectionOf(Scheme scheme, const Track& track,
                             const TrackKeys& keys, size_t period);

// `scheme` is kCbcs or kCenc. Fails where the decoder configuration cannot be
// read (BadInput).
Result<std::unique_ptr<SampleEncryptor>> MakeSampleEncryptor(
    Scheme scheme, const Track& track, const keys::ContentKey& key);

// aes-128: works on the whole segment file (RFC 8216 4.3.2.4), after the boxes
// are written.
class SegmentEncryptor {
 public:
  SegmentEncryptor(const Track& track, const keys::ContentKey& key);
  // The IV of segment n, as EXT-X-KEY names it.
  crypto::AesBlock IvOf(uint64_t segment_number) const;
  // A segment's ciphertext, piece behind piece.
  struct Pieces {
    Bytes head;
    std::span<const uint8_t> middle;  // into `data`
    Bytes tail;
  };
  // CBC with PKCS#7 of `header` and what follows it, `data`, which is encrypted
  // where it lies: all but its first and last few bytes, which `head` and
  // `tail` take.
  Pieces Encrypt(uint64_t segment_number, Bytes header,
                 std::span<uint8_t> data);

 private:
  IvSource ivs_;
  crypto::AesCbcEncryptor cipher_;
};

}  // namespace usher
