// Short-term reference picture sets (ITU-T H.265 7.3.7, 7.4.8): needed to know
// how many pictures a slice refers to, on which the size of its header depends.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "packager/encrypt/rbsp_reader.h"

namespace usher::hevc {

struct RefPic {
  int32_t delta = 0;  // picture order count against the current picture's
  bool used = false;  // by the current picture
};

// Those before the current picture, nearest first, then those behind it.
struct RefPicSet {
  std::vector<RefPic> before;
  std::vector<RefPic> after;

  size_t size() const { return before.size() + after.size(); }
  uint32_t UsedCount() const;
};

// The set number `known.size()` of a list; `in_slice`: the one a slice header
// brings, which may be told by its difference to any of `known`. Where it is
// damaged the reader is no longer ok().
RefPicSet ReadRefPicSet(RbspReader& reader, std::span<const RefPicSet> known,
                        bool in_slice);

}  // namespace usher::hevc
