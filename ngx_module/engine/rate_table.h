// How often something happened lately, for many things at once: a generic cell
// rate (ITU-T I.371) per key, in memory that all workers share.
//
//   Entry[n]   sets of kWays; u64 key, u64 time in milliseconds
//
// Fixed size, constant time; where a set is full the entry of longest ago makes
// room, and is forgotten. Keys are hashes that clients cannot choose. The
// caller holds the shard's lock; a torn entry is one wrong number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace usher::engine {

struct Rate {
  uint32_t per_minute = 0;  // 0: no limit
  uint32_t burst = 1;       // so many at once
};

class RateTable {
 public:
  // How much of a shard's memory it takes; a multiple of 8.
  static size_t ShareOf(size_t memory);

  // `memory` is 8-byte aligned, of a size that ShareOf gave, and outlives this.
  explicit RateTable(std::span<std::byte> memory);
  void Format();

  // Seconds until it may happen again; 0: now.
  uint32_t Wait(uint64_t key, const Rate& rate, uint32_t now) const;
  // It happens.
  void Spend(uint64_t key, const Rate& rate, uint32_t now);

  // The same memory as a set of what was seen lately.
  void Remember(uint64_t key, uint32_t now);
  bool Knows(uint64_t key) const;
  void Forget(uint64_t key);

 private:
  struct Entry {
    uint64_t key = 0;  // 0: free
    uint64_t at = 0;   // when as much as happened should have, at that rate
  };
  static constexpr size_t kWays = 8;

  std::span<Entry> SetOf(uint64_t key) const;
  Entry* Find(uint64_t key) const;
  Entry& Take(uint64_t key);

  std::span<Entry> entries_;
};

}  // namespace usher::engine
