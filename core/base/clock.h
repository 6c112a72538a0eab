// The time of day, passed in so that tests can set it.
#pragma once

#include <cstdint>

namespace usher {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  virtual int64_t UnixMilliseconds() const = 0;
  int64_t UnixSeconds() const { return UnixMilliseconds() / 1000; }
};

class SystemClock final : public Clock {
 public:
  int64_t UnixMilliseconds() const override;
};

}  // namespace usher
