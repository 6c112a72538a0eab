// The samples of one track as `moov` lists them: stts, ctts, stsz or stz2,
// stsc, stco or co64, stss (ISO/IEC 14496-12 8.6 and 8.7).
//
// The boxes stay as they lie in the file, so that a track of any length costs
// no memory but theirs, and nothing is allocated by what a box says of itself;
// a cursor walks them. Edit lists are not looked at: times are the media's own.
// Views into the caller's bytes. Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace usher::mp4 {

struct TableSample {
  uint64_t offset = 0;  // in the file
  uint32_t size = 0;
  int64_t decode_time = 0;
  int64_t composition_offset = 0;
  uint32_t duration = 0;  // of decoding
  bool sync = false;

  int64_t time() const { return decode_time + composition_offset; }
};

class SampleTable {
 public:
  // Nothing where the track is not simply a list of samples in this file: a
  // table is missing, damaged or of another length than the others, there are
  // several sample entries, the media lie elsewhere or are encrypted, or more
  // samples than a file of `file_size` bytes can hold.
  static std::optional<SampleTable> Read(ByteView trak, uint64_t file_size);

  uint32_t track_id() const { return track_id_; }
  uint32_t size() const { return count_; }

  class Cursor;
  Cursor begin() const;

 private:
  struct Chunks {
    ByteView offsets;
    size_t width = 4;  // bytes of an entry: stco, co64
    uint32_t count() const;
    uint64_t At(uint32_t chunk) const;
  };
  struct Sizes {
    ByteView entries;
    unsigned bits = 0;  // of an entry: 4, 8, 16, 32; 0: all are `common`
    uint32_t common = 0;
    uint32_t At(uint32_t sample) const;
  };

  bool ReadTables(ByteView stbl);
  bool ReadSizes(ByteView stbl);
  bool ReadChunks(ByteView stbl);
  bool ReadSyncSamples(ByteView stbl);
  bool CountsAgree() const;

  uint32_t track_id_ = 0;
  uint32_t count_ = 0;
  ByteView durations_;   // stts: runs of (count, value)
  ByteView offsets_;     // ctts: the same; empty where there is none
  ByteView chunk_runs_;  // stsc: (first chunk, samples, sample entry)
  ByteView sync_;        // stss: rising sample numbers, from 1
  bool all_sync_ = false;
  Sizes sizes_;
  Chunks chunks_;
};

// Goes through a table's samples in decode order. Small: copies mark a place.
// The table outlives it.
class SampleTable::Cursor {
 public:
  explicit Cursor(const SampleTable& table);

  bool at_end() const { return index_ == table_->count_; }
  uint32_t index() const { return index_; }
  // Not at the end.
  const TableSample& operator*() const { return sample_; }
  const TableSample* operator->() const { return &sample_; }
  void Next();

 private:
  // A column of (count, value) runs.
  struct Runs {
    size_t at = 0;      // byte of the next run
    uint32_t left = 0;  // in this one
    uint32_t value = 0;
    void Next(ByteView runs);
  };

  void Load();
  void NextChunk();

  const SampleTable* table_;
  TableSample sample_;
  Runs durations_;
  Runs offsets_;
  uint32_t index_ = 0;
  uint32_t chunk_ = 0;  // of the next one
  uint32_t left_in_chunk_ = 0;
  uint32_t chunk_run_ = 0;  // index of the run `chunk_` lies in
  uint32_t sync_ = 0;       // index of the next sync sample
};

}  // namespace usher::mp4
