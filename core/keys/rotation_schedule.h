// When the content key changes: crypto periods of one length on a fixed grid,
// each from the first segment that begins in it. So a period ends up to one
// segment late and none drifts. Pure data; not thread-safe.
#pragma once

#include <cstdint>

namespace usher::keys {

class RotationSchedule {
 public:
  // `period` in seconds; 0: one key for ever.
  explicit RotationSchedule(double period) : period_(period) {}

  // To be asked of every segment in order, `start` in seconds from where the
  // grid begins: does this one begin a crypto period? The first always does.
  bool BeginsPeriod(double start);

 private:
  double period_;
  int64_t current_ = -1;  // of the grid
};

}  // namespace usher::keys
