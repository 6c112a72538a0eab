// Numbers for people: what happened since the zone was made. In the memory that
// all workers share; atomic, no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/ticket/verdict.h"

namespace usher::engine {

enum class Counter : unsigned {
  kAdmitted,
  kOpened,
  kTicketsVerified,
  kKeys,
  kLicences,
  kEvicted,
  kShared,
  kChanged,  // somebody may be barred now who was admitted; not for people
  kAuditDropped,
  kDenied,  // plus the Denial
};
inline constexpr size_t kDenials =
    static_cast<size_t>(Denial::kMethodNotAllowed) + 1;
inline constexpr size_t kCounters =
    static_cast<size_t>(Counter::kDenied) + kDenials;

class Counters {
 public:
  void Count(unsigned counter) {
    if (counter < kCounters) At(counter).fetch_add(1, kRelaxed);
  }
  uint64_t Of(unsigned counter) const {
    return counter < kCounters ? At(counter).load(kRelaxed) : 0;
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  std::atomic_ref<uint64_t> At(unsigned counter) const {
    return std::atomic_ref(values_[counter]);
  }
  mutable std::array<uint64_t, kCounters> values_{};
};

}  // namespace usher::engine
