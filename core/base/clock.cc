#include "core/base/clock.h"

#include <chrono>

namespace usher {

int64_t SystemClock::UnixMilliseconds() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace usher
