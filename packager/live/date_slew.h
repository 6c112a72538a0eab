// Dates of a live event follow UTC although media time is counted by the
// encoder's own clock, which is fast or slow by some parts in a million:
// seconds in a day. What is seen of that clock is when its segments are
// complete here, late by the way they come, now more, now less. So the least
// delay of a minute is compared with that of the first minute, and dates are
// shifted by what lies between them, by at most half a millisecond a second.
//
// A way that becomes longer or shorter at once, or media that come faster than
// time passes, as from a file, is no drift. Not thread-safe.
#pragma once

#include <chrono>
#include <limits>
#include <optional>

namespace usher::live {

class DateSlew {
 public:
  // Behind a discontinuity: the next segment lies where the wall clock is.
  void Restart() { *this = DateSlew(); }

  // A segment that ends at `end` is complete at `now`; both in seconds since
  // the event began, by media time and by the wall clock. Returns by how much
  // the dates of what comes are later than media time tells.
  std::chrono::milliseconds Take(double end, double now);

 private:
  void EndWindow();

  std::optional<double> last_end_;
  double window_began_ = 0;                                 // wall clock
  double least_ = std::numeric_limits<double>::infinity();  // in the window
  std::optional<double> before_;  // least of the window before it
  double usual_ = 0;              // the delay without any drift
  double target_ = 0;
  double shift_ = 0;
};

}  // namespace usher::live
