// Collects the clear and protected ranges of one sample into the entries of
// senc (ISO/IEC 23001-7 7.2): clear ranges in a row become one, and one that is
// too long for an entry's 16 bits becomes several.
#pragma once

#include <cstddef>
#include <vector>

#include "packager/encrypt/protection.h"

namespace usher {

// The size of one sample's entry in saiz is a single byte, so that no more fit.
// In a sample of more slices or tiles the smallest stay clear, so that every
// header stays readable.
inline constexpr size_t kMaxSubsamples = 40;

class SubsampleList {
 public:
  // `whole_blocks`: protected ranges are multiples of 16 bytes, and what is
  // left over at their beginning is clear (cenc; AV1 always).
  explicit SubsampleList(bool whole_blocks) : whole_blocks_(whole_blocks) {}

  void Add(size_t clear_size, size_t protected_size);
  // At least one entry, at most kMaxSubsamples. The list is used up.
  std::vector<Subsample> Finish();

 private:
  struct Range {
    size_t clear = 0;
    size_t encrypted = 0;
  };

  void DropSmallest();

  bool whole_blocks_;
  std::vector<Range> ranges_;
  size_t clear_ = 0;  // behind the last of them
};

}  // namespace usher
