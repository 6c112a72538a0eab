// UTC as a live event counts it: sampled once, carried on by a clock nobody
// sets, and drawn to UTC by at most half a millisecond a second. So it never
// goes back, and a wall clock that is set by an hour never shows in a playlist.
// Not thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "core/base/clock.h"

namespace usher::live {

class EventClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  using Utc = std::chrono::sys_time<std::chrono::nanoseconds>;

  // `utc` outlives the object. `steady` is for tests.
  explicit EventClock(const Clock& utc, std::function<Steady()> steady =
                                            std::chrono::steady_clock::now)
      : utc_(utc), steady_(std::move(steady)) {}

  Utc Now();
  // When that was, of late.
  Utc At(Steady time) { return Now() - (steady_() - time); }

 private:
  Utc Sample() const;

  const Clock& utc_;
  std::function<Steady()> steady_;
  std::optional<Utc> now_;  // when it was last asked
  Steady asked_;
};

}  // namespace usher::live
