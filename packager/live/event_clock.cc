#include "packager/live/event_clock.h"

#include <algorithm>
#include <utility>

namespace usher::live {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

EventClock::Utc EventClock::Now() {
  constexpr int kSlew = 2000;  // one part in so many
  const Steady asked = steady_();
  const nanoseconds passed = asked - std::exchange(asked_, asked);
  if (!now_) return now_.emplace(Sample());
  *now_ += passed;
  const nanoseconds most = passed / kSlew;
  *now_ += std::clamp<nanoseconds>(Sample() - *now_, -most, most);
  return *now_;
}

EventClock::Utc EventClock::Sample() const {
  return Utc(milliseconds(utc_.UnixMilliseconds()));
}

}  // namespace usher::live
