// Turns one track's fragments into the files of one scheme: init segments, and
// numbered media segments, encrypted under the key of their crypto period and
// stored.
//
// Fragments may come in any order. Not thread-safe; one object per worker.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/encrypt/encryptor.h"
#include "packager/encrypt/track_keys.h"
#include "packager/fragment/fragment.h"
#include "packager/manifest/presentation.h"
#include "packager/storage/storage.h"
#include "packager/track/track.h"
#include "packager/track/track_variant.h"
#include "packager/ts/media_segment.h"

namespace usher {

class Segmenter {
 public:
  // The container is one that can have the track and the scheme (packager/ts).
  // `directory` is where the track's files go within `storage`, which outlives
  // the object.
  // From each of `variants` on, rising, the track is coded as that says. It and
  // `track` outlive the object.
  static Result<Segmenter> Make(Scheme scheme, Container container,
                                const Track& track,
                                std::span<const TrackVariant> variants,
                                TrackKeys keys, std::string directory,
                                Storage& storage);

  // One a variant. Under cbcs and cenc also one a crypto period, for that is
  // what players know the key by, but for those that sample groups tell of.
  // None in MPEG-TS.
  Result<std::vector<manifest::InitRecord>> WriteInits() const;
  // Encrypts the fragment in place; it is used up, but for its memory.
  Result<manifest::SegmentRecord> Write(Fragment& fragment);

  // A further crypto period, behind all others. Its key outlives the object.
  void AddPeriod(KeyPeriod period);

  // Low latency. Writes a part, in place as well, and adds it to the segment
  // that is open. Where only storing it fails the part is a gap, and no loss to
  // the segment.
  Status WritePart(Fragment& fragment);
  // The segment as far as it goes; number 0: none is open.
  const manifest::SegmentRecord& open() const { return open_; }
  // Writes the whole of the open segment.
  Result<manifest::SegmentRecord> Join();
  // What can be told of the next segment before it begins: its number and key.
  Result<manifest::SegmentRecord> Announce(uint64_t number);

 private:
  // One segment as it is before AES-128.
  struct Segment {
    Bytes header;
    Bytes data;  // follows it
    uint64_t first_sample_end = 0;
  };

  // Segments of one coding under one key.
  struct Stretch {
    uint64_t first_number = 1;
    size_t period = 0;  // index into keys_
    const Track* track = nullptr;
    bool begins_init = true;
  };

  Segmenter(Scheme scheme, Container container, const Track& track,
            std::span<const TrackVariant> variants, TrackKeys keys,
            std::string directory, Storage& storage);
  bool EncryptsSamples() const;
  void AddStretch(uint64_t first_number);
  size_t StretchOf(uint64_t number) const;
  size_t InitOf(size_t stretch) const;
  const KeyPeriod& key() const { return keys_[stretches_[stretch_].period]; }
  // Makes the encryptor of a stretch, and what writes its MPEG-TS.
  Status Enter(size_t stretch);
  // Encrypts samples where that is the scheme.
  Result<Segment> Form(Fragment& fragment);
  static Result<Segment> FormTransportStream(const ts::SegmentWriter& writer,
                                             const Fragment& fragment);
  // Encrypts all of it where that is the scheme; returns the file's size.
  Result<uint64_t> Store(const std::string& file, uint64_t number,
                         Segment& segment);
  // What there is to say of a fragment before it is encrypted.
  Result<manifest::SegmentRecord> Describe(const Fragment& fragment);

  Scheme scheme_;
  Container container_;
  const Track* track_;  // as it is coded first
  std::span<const TrackVariant> variants_;
  std::string directory_;
  Storage* storage_;
  TrackKeys keys_;
  std::vector<Stretch> stretches_;
  size_t stretch_ =
      0;  // that of the encryptor; there is none where it is clear
  std::unique_ptr<SampleEncryptor> sample_encryptor_;    // cbcs, cenc
  std::unique_ptr<SegmentEncryptor> segment_encryptor_;  // aes-128
  std::optional<ts::SegmentWriter> ts_writer_;           // MPEG-TS
  manifest::SegmentRecord open_;
  Bytes open_bytes_;  // of its parts, before AES-128
};

}  // namespace usher
