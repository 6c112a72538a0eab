#include "core/base/secret_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/base/secret_bytes.h"

namespace usher {
namespace {

size_t Slots(size_t size, size_t slot) { return (size + slot - 1) / slot; }

}  // namespace

SecretMemory& SecretMemory::OfProcess() {
  // Never destroyed: secrets of any lifetime come back to it.
  static SecretMemory& memory = *new SecretMemory;
  return memory;
}

SecretMemory::SecretMemory() {
  void* const region = mmap(nullptr, kSlots * kSlot, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return;
  region_ = static_cast<uint8_t*>(region);
  madvise(region_, kSlots * kSlot, MADV_DONTDUMP);
  (void)Lock();  // who must know whether it worked asks again
}

std::span<uint8_t> SecretMemory::Take(size_t size) {
  if (size == 0) return {};
  const std::span<uint8_t> slots = TakeSlots(size);
  return slots.empty() ? std::span(new uint8_t[size]{}, size) : slots;
}

void SecretMemory::Give(std::span<uint8_t> bytes) {
  if (bytes.empty()) return;
  Wipe(bytes);
  if (!Holds(bytes.data())) {
    delete[] bytes.data();
    return;
  }
  const auto first = static_cast<size_t>(bytes.data() - region_) / kSlot;
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < Slots(bytes.size(), kSlot); ++i) {
    taken_.reset(first + i);
  }
}

Status SecretMemory::Lock() {
  if (region_ != nullptr && mlock(region_, kSlots * kSlot) == 0) return {};
  return Failed("key material",
                "may be swapped out: mlock: " + std::string(strerror(errno)),
                "raise the limit of locked memory (systemd: LimitMEMLOCK, "
                "shell: ulimit -l) to 64 KiB or more");
}

bool SecretMemory::Holds(const void* address) const {
  const auto* const byte = static_cast<const uint8_t*>(address);
  return region_ != nullptr && byte >= region_ &&
         byte < region_ + kSlots * kSlot;
}

// Empty where there is no room.
std::span<uint8_t> SecretMemory::TakeSlots(size_t size) {
  if (region_ == nullptr || size > kSlots * kSlot) return {};
  const size_t length = Slots(size, kSlot);
  const std::lock_guard lock(mutex_);
  const size_t first = FreeRun(length);
  if (first == kSlots) return {};
  for (size_t i = 0; i < length; ++i) taken_.set(first + i);
  return {region_ + first * kSlot, size};
}

// Where `length` slots in a row are free; kSlots where nowhere.
size_t SecretMemory::FreeRun(size_t length) const {
  size_t run = 0;
  for (size_t i = 0; i < kSlots; ++i) {
    run = taken_.test(i) ? 0 : run + 1;
    if (run == length) return i + 1 - length;
  }
  return kSlots;
}

}  // namespace usher
