// An input whose samples can be read past libavformat: an MP4 or MOV file whose
// own sample tables (packager/mp4) say exactly what libavformat reads of it,
// sample by sample. What an edit list means is thereby decided in one place.
// Movable; thread-safe once all times are known.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/input/input_file.h"
#include "packager/input/media_file.h"
#include "packager/input/sample_filter.h"
#include "packager/mp4/movie_box.h"

namespace usher {

// The samples of one track that are presented, or needed for it.
struct IndexedTrack {
  mp4::SampleTable::Cursor first;
  uint32_t count = 0;
  std::shared_ptr<const SampleFilter> filter{};
  // From the table's clock to the input's.
  int64_t time_offset = 0;
  int64_t last_duration = 0;  // of the last sample presented; 0: unknown

  int64_t TimeOf(const mp4::TableSample& sample) const {
    return sample.time() + time_offset;
  }
};

class IndexedFile {
 public:
  // `media` is what `file` holds. Nothing where one of the tracks must be read
  // packet by packet.
  static std::optional<IndexedFile> Open(InputFilePtr file,
                                         const MediaFile& media,
                                         std::span<const size_t> tracks);

  // What only `media` knows: the time of a track's first sample, and how long
  // the last one lasts.
  Status LearnTimes(size_t track, int64_t first_time, MediaFile& media);
  // Of all key frames, on the input's clock, after LearnTimes. Nothing where
  // one brings another decoder configuration: the file must be read packet by
  // packet.
  Result<std::optional<std::vector<int64_t>>> ReadKeyTimes(size_t track) const;
  // How far decoding of the pictures must run ahead, in ticks.
  int64_t ReorderOf(size_t track) const;
  Result<KeyKind> ReadKind(const IndexedTrack& track,
                           const mp4::TableSample& sample) const;

  const IndexedTrack& track(size_t track) const { return tracks_.at(track); }
  // Fills `out` with the file's bytes from `offset` on.
  Status Read(uint64_t offset, std::span<uint8_t> out) const {
    return file_->Read(offset, out);
  }

 private:
  IndexedFile() = default;
  bool IsWhole(const IndexedTrack& track) const;

  InputFilePtr file_;
  mp4::MovieBox movie_;
  std::map<size_t, IndexedTrack> tracks_;  // by the input's track
};

}  // namespace usher
