// Which nonces were seen, for as long as their time lies in the window: in
// memory that all workers share, of a fixed size.
//
// Where a bucket is full the oldest nonce is forgotten, and from then on the
// bucket refuses whatever was signed no later than that one: what may have been
// seen is never let through, so a flood narrows the window but opens no hole.
// The caller holds the lock. Torn by a dying worker it stays usable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/hop/message.h"

namespace usher::engine {

class NonceMemory {
 public:
  static constexpr size_t kMinimumSize = 4096;

  // `memory`: 8-byte aligned, at least kMinimumSize; outlives the object.
  explicit NonceMemory(std::span<std::byte> memory);

  void Format();
  // Whether this build's layout is what the memory holds.
  bool IsUsable() const;

  // False where the nonce was seen, or may have been.
  bool Remember(const hop::Stamp& stamp, uint32_t now);

 private:
  struct Header;
  struct Bucket;

  Header* header_;
  std::span<Bucket> buckets_;
};

}  // namespace usher::engine
