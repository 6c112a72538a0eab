// Tells long work that the user wants it to end. Set from a signal handler,
// read from any thread.
#pragma once

#include <atomic>

#include "core/base/error.h"

namespace usher {

class Interrupt {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  // Fails once the end was requested.
  Status Check() const {
    if (!requested()) return {};
    return Failed({}, "interrupted, so nothing was published");
  }

 private:
  std::atomic<bool> requested_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace usher
