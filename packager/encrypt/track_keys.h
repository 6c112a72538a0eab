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
};

// Rising, at least one; the first holds segment 1. The keys outlive it.
using TrackKeys = std::vector<KeyPeriod>;

inline size_t PeriodOf(const TrackKeys& keys, uint64_t number) {
  const auto next =
      std::ranges::upper_bound(keys, number, {}, &KeyPeriod::first_number);
  return static_cast<size_t>(next - keys.begin()) - (next != keys.begin());
}

}  // namespace usher
