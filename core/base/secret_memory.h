// Pages for key material: never swapped out (mlock), in no core file
// (MADV_DONTDUMP). One region per process, made at its first use; what does not
// fit comes from the heap. Thread-safe.
//
// A fork's child has the pages but not the lock (mlock(2), Notes): it calls
// Lock again.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "core/base/error.h"

namespace usher {

class SecretMemory {
 public:
  static SecretMemory& OfProcess();

  SecretMemory(const SecretMemory&) = delete;
  SecretMemory& operator=(const SecretMemory&) = delete;

  // Zeroed; ends the process where memory is out, as `new` does.
  std::span<uint8_t> Take(size_t size);
  // Wipes first.
  void Give(std::span<uint8_t> bytes);
  // An error where the system does not let the pages be locked: the memory is
  // good nevertheless, but may be swapped out.
  Status Lock();
  bool Holds(const void* address) const;

 private:
  SecretMemory();

  static constexpr size_t kSlot = 64;  // bytes
  static constexpr size_t kSlots = 1024;

  std::span<uint8_t> TakeSlots(size_t size);
  size_t FreeRun(size_t length) const;

  uint8_t* region_ = nullptr;  // null where there is none
  std::mutex mutex_;
  std::bitset<kSlots> taken_;
};

}  // namespace usher
