// The content keys of one track, by crypto period.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/keys/content_key.h"
#include "packager/encrypt/drm/drm_signal.h"

namespace usher {

// A stretch of segments under one key.
struct KeyPeriod {
  uint64_t first_number = 1;              // of its segments
  const keys::ContentKey* key = nullptr;  // null: they are clear
  DrmSignals drm = {};                    // of the key
  // Its init segment is that of the period before, whose key tenc names; each
  // fragment tells of this one (sample groups 'seig', ISO/IEC 23001-7 6).
  bool same_init = false;
  // Of all keys of an init segment, in the period that brings it.
  DrmSignals init_drm = {};
};

// Rising, at least one; the first holds segment 1. The keys outlive it.
using TrackKeys = std::vector<KeyPeriod>;

// The period whose init segment `period` has.
inline size_t InitPeriodOf(const TrackKeys& keys, size_t period) {
  while (period > 0 && keys[period].same_init) --period;
  return period;
}

inline size_t PeriodOf(const TrackKeys& keys, uint64_t number) {
  const auto next =
      std::ranges::upper_bound(keys, number, {}, &KeyPeriod::first_number);
  return static_cast<size_t>(next - keys.begin()) - (next != keys.begin());
}

}  // namespace usher
