// Where content keys change: crypto periods, which begin at the same segment in
// every track. A clear lead is the first of them, without a key.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/error.h"
#include "packager/config/key_settings.h"
#include "packager/track/media_time.h"

namespace usher {

struct CryptoPeriod {
  uint64_t first_number = 1;  // of its segments
  MediaTime at;               // where that one begins
  bool clear = false;
  // It goes on with the init segment of the period before: its segments tell
  // of their key (config::RotationStyle::kSeig).
  bool same_init = false;
  // UNIX seconds from which its keys may be answered; 0: at any time.
  uint64_t keys_from = 0;
};

// `segment_starts` are those of segments 1, 2, 3, ... Periods lie on a grid
// from the presentation's start, also behind a lead. Fails (BadInput) where the
// lead leaves nothing to encrypt.
Result<std::vector<CryptoPeriod>> PlanCryptoPeriods(
    std::span<const MediaTime> segment_starts,
    const config::KeyOptions& options);

}  // namespace usher
