#include "packager/live/date_slew.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace usher::live {
namespace {

constexpr double kWindow = 60;        // seconds
constexpr double kMostDrift = 0.002;  // of any clock in an encoder
constexpr double kSlew = 0.0005;
constexpr double kUnnoticed = 0.01;  // seconds

}  // namespace

std::chrono::milliseconds DateSlew::Take(double end, double now) {
  if (!last_end_) window_began_ = now;
  const double passed = last_end_ ? std::max(0.0, end - *last_end_) : 0;
  last_end_ = end;
  if (now - window_began_ >= kWindow) {
    EndWindow();
    window_began_ = now;
  }
  least_ = std::min(least_, now - end);
  const double off = target_ - shift_;
  if (std::abs(off) > kUnnoticed) {
    shift_ += std::clamp(off, -kSlew * passed, kSlew * passed);
  }
  return std::chrono::milliseconds(std::llround(1000 * shift_));
}

void DateSlew::EndWindow() {
  const double least =
      std::exchange(least_, std::numeric_limits<double>::infinity());
  if (!before_) {
    usual_ = least;
  } else if (std::abs(least - *before_) > kMostDrift * kWindow) {
    usual_ += least - *before_;
  }
  before_ = least;
  target_ = least - usual_;
}

}  // namespace usher::live
