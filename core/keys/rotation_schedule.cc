#include "core/keys/rotation_schedule.h"

#include <algorithm>
#include <cmath>

namespace usher::keys {
namespace {

// Times come as fractions of some timescale: a segment that begins this little
// before a period does is meant to be its first.
constexpr double kRounding = 1e-3;

}  // namespace

bool RotationSchedule::BeginsPeriod(double start) {
  const double position = period_ > 0 ? (start + kRounding) / period_ : 0;
  const auto period =
      std::max<int64_t>(0, static_cast<int64_t>(std::floor(position)));
  if (period <= current_) return false;
  current_ = period;
  return true;
}

}  // namespace usher::keys
