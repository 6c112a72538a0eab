// Turns one track's fragments into the files of one scheme: the init segment,
// and numbered media segments, encrypted and stored.
//
// Fragments may come in any order. Not thread-safe; one object per worker.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/keys/content_key.h"
#include "packager/encrypt/encryptor.h"
#include "packager/fragment/fragment.h"
#include "packager/manifest/presentation.h"
#include "packager/storage/storage.h"
#include "packager/track/track.h"

namespace usher {

class Segmenter {
 public:
  // `directory` is where the track's files go within `storage`, which outlives
  // the object. `key` is null exactly where the scheme is kNone.
  static Result<Segmenter> Make(Scheme scheme, const Track& track,
                                const keys::ContentKey* key,
                                std::string directory, Storage& storage);

  // What sample encryption says of the track: cbcs and cenc only.
  std::optional<TrackProtection> protection() const;
  Status WriteInit() const;
  // Encrypts the fragment in place; it is used up.
  Result<manifest::SegmentRecord> Write(Fragment& fragment);

 private:
  struct Stored {
    uint64_t header = 0;  // bytes in front of the first sample
    uint64_t bytes = 0;   // the whole segment
  };

  Segmenter(Scheme scheme, const Track& track, std::string directory,
            Storage& storage);
  Result<Stored> StoreSampleEncrypted(Fragment& fragment);
  Result<Stored> StoreWholeEncrypted(Fragment& fragment);
  Result<Stored> Store(const Fragment& fragment, ByteView header);

  Scheme scheme_;
  const Track* track_;
  std::string directory_;
  Storage* storage_;
  std::optional<keys::KeyId> kid_;                       // none: clear
  std::unique_ptr<SampleEncryptor> sample_encryptor_;    // cbcs, cenc
  std::unique_ptr<SegmentEncryptor> segment_encryptor_;  // aes-128
};

}  // namespace usher
