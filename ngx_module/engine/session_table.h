// The sessions and counters all workers of a box share.
//
//   Header          schema word, number of sets, counters
//   Slot[sets][8]   a session lies in the set its id hashes to
//
// A set-associative table: the oldest of a set's eight slots makes room. There
// is no list or pointer to break, so a worker killed in the middle of a write
// leaves at worst one wrong slot, and a session that was pushed out is adopted
// again when it is next used. Touch and Remove want the caller to hold a lock
// that all workers share; counters are atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/session/credential.h"
#include "core/ticket/verdict.h"

namespace usher::engine {

enum class Counter : unsigned {
  kAdmitted,
  kOpened,
  kTicketsVerified,
  kKeys,
  kLicences,
  kDenied,  // plus the Denial
};
inline constexpr size_t kDenials =
    static_cast<size_t>(Denial::kMethodNotAllowed) + 1;
inline constexpr size_t kCounters =
    static_cast<size_t>(Counter::kDenied) + kDenials;

class SessionTable {
 public:
  // Room for about 2000 sessions.
  static constexpr size_t kMinimumSize = size_t{128} * 1024;

  // `memory` is 8-byte aligned, at least kMinimumSize, and outlives the view.
  explicit SessionTable(std::span<std::byte> memory);

  void Format();
  // Formatted by a build with the same layout.
  bool IsUsable() const;

  void Touch(const session::Session& session, uint32_t now);
  void Remove(const session::SessionId& sid);

  void Count(unsigned counter);
  uint64_t CountOf(unsigned counter) const;
  // Used within `idle` seconds and not expired. Takes no lock: a number for
  // people may be off by what happened while it was counted.
  size_t Live(uint32_t now, uint32_t idle) const;
  size_t Capacity() const;

 private:
  static constexpr size_t kWays = 8;
  struct Slot {
    session::SessionId sid;
    session::ShortHash ticket;
    session::ShortHash event;
    uint32_t expires;
    uint32_t seen;  // 0: free
    uint32_t seats;
    uint32_t unused;
  };
  struct Header {
    uint64_t schema;
    uint64_t sets;
    uint64_t counters[kCounters];
  };

  std::span<Slot> SetOf(const session::SessionId& sid) const;

  Header* header_;
  Slot* slots_;
  size_t sets_;
};

}  // namespace usher::engine
