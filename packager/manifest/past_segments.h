// The segments of a long live event that are behind every window: what lists of
// everything still say of them is added up, and each can be read again, but
// they take no memory. A value: a copy does not see what is added later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/error.h"
#include "core/base/spill_buffer.h"
#include "packager/manifest/segment_record.h"

namespace usher::manifest {

using VisitSegment = std::function<void(const SegmentRecord&)>;

class PastSegments {
 public:
  // They go to a file of `directory`; empty: to memory, after all.
  explicit PastSegments(std::filesystem::path directory = {})
      : directory_(std::move(directory)) {}

  // Without its parts. `peak` is the bandwidth, in bits per second, of the
  // costliest run that begins with it.
  Status Add(const SegmentRecord& segment, uint64_t peak);

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  const SegmentFacts& first() const { return first_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t ticks() const { return ticks_; }
  uint64_t peak() const { return peak_; }
  bool independent() const { return independent_; }  // all of them
  // One of each key, gap or not.
  const std::vector<SegmentRecord>& kinds() const { return kinds_; }

  // Each from index `from` on.
  Status ForEach(size_t from, const VisitSegment& visit) const;

 private:
  Status MakeOwn();
  void NoteKind(const SegmentRecord& segment);

  std::filesystem::path directory_;
  std::shared_ptr<SpillBuffer> facts_;  // null: none yet
  size_t count_ = 0;
  SegmentFacts first_;
  uint64_t bytes_ = 0;
  uint64_t ticks_ = 0;
  uint64_t peak_ = 0;
  bool independent_ = true;
  std::vector<SegmentRecord> kinds_;
};

}  // namespace usher::manifest
