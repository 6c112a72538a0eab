// Turns one track's fragments into the files of one scheme: init segments, and
// numbered media segments, encrypted under the key of their crypto period and
// stored.
//
// Fragments may come in any order. Not thread-safe; one object per worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/encrypt/encryptor.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/fragment.h"
#include "packager/manifest/presentation.h"
#include "packager/storage/storage.h"
#include "packager/track/track.h"

namespace usher {

class Segmenter {
 public:
  // `directory` is where the track's files go within `storage`, which outlives
  // the object.
  static Result<Segmenter> Make(Scheme scheme, const Track& track,
                                TrackKeys keys, std::string directory,
                                Storage& storage);

  // Under cbcs and cenc one a crypto period, for that is what players know the
  // key by; else one.
  Result<std::vector<manifest::InitRecord>> WriteInits() const;
  // Encrypts the fragment in place; it is used up.
  Result<manifest::SegmentRecord> Write(Fragment& fragment);

 private:
  struct Stored {
    uint64_t header = 0;  // bytes in front of the first sample
    uint64_t bytes = 0;   // the whole segment
  };

  Segmenter(Scheme scheme, const Track& track, TrackKeys keys,
            std::string directory, Storage& storage);
  bool EncryptsSamples() const;
  // Makes the encryptor of a crypto period.
  Status Enter(size_t period);
  Result<Stored> StoreSampleEncrypted(Fragment& fragment);
  Result<Stored> StoreWholeEncrypted(Fragment& fragment);
  Result<Stored> Store(const Fragment& fragment, ByteView header);

  Scheme scheme_;
  const Track* track_;
  std::string directory_;
  Storage* storage_;
  TrackKeys keys_;
  size_t period_ = 0;  // that of the encryptor; there is none where it is clear
  std::unique_ptr<SampleEncryptor> sample_encryptor_;    // cbcs, cenc
  std::unique_ptr<SegmentEncryptor> segment_encryptor_;  // aes-128
};

}  // namespace usher
