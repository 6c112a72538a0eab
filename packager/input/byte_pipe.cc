#include "packager/input/byte_pipe.h"

#include <algorithm>
#include <chrono>

namespace usher {
namespace {

// A signal handler cannot notify: whoever waits looks at the interrupt so
// often.
constexpr std::chrono::milliseconds kLookAround(50);

}  // namespace

bool BytePipe::HasRoom() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() - read_ < capacity_;
}

void BytePipe::Write(ByteView bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (read_ >= bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(),
                 bytes_.begin() + static_cast<ptrdiff_t>(read_));
    read_ = 0;
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  changed_.notify_one();
}

void BytePipe::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

size_t BytePipe::Read(std::span<uint8_t> out, const Interrupt& interrupt) {
  std::unique_lock lock(mutex_);
  while (read_ == bytes_.size() && !closed_ && !interrupt.requested()) {
    changed_.wait_for(lock, kLookAround);
  }
  if (interrupt.requested()) return 0;
  const size_t size = std::min(out.size(), bytes_.size() - read_);
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(read_), size,
              out.begin());
  read_ += size;
  return size;
}

}  // namespace usher
