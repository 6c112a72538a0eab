// A clock that stands still until the test moves it.
#pragma once

#include "core/base/clock.h"

namespace usher::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t unix_seconds = 1'800'000'000)
      : milliseconds_(unix_seconds * 1000) {}

  int64_t UnixMilliseconds() const override { return milliseconds_; }
  void SetSeconds(int64_t unix_seconds) { milliseconds_ = unix_seconds * 1000; }
  void AdvanceSeconds(int64_t seconds) { milliseconds_ += seconds * 1000; }
  void AdvanceMilliseconds(int64_t by) { milliseconds_ += by; }

 private:
  int64_t milliseconds_;
};

}  // namespace usher::testing
