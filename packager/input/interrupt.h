// Tells long work that the user wants it to end. Set from a signal handler,
// read from any thread.
#pragma once

#include <atomic>

namespace usher {

class Interrupt {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace usher
