// Bytes from one thread to another: bounded, and broken off when either side
// or the user wants it. A publisher's media on its way to the demultiplexer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>

#include "core/base/bytes.h"
#include "packager/input/interrupt.h"

namespace usher {

class BytePipe {
 public:
  // Holds about `capacity` bytes: the last piece may pass it.
  explicit BytePipe(size_t capacity) : capacity_(capacity) {}

  // Whether there is room for another piece. Never waits.
  bool HasRoom() const;
  // What was closed takes nothing more.
  void Write(ByteView bytes);
  // No more will come; what is there can still be read.
  void Close();

  // Waits for bytes; 0 at the end, and when `interrupt` wants it.
  size_t Read(std::span<uint8_t> out, const Interrupt& interrupt);

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Bytes bytes_;
  size_t read_ = 0;  // of bytes_
  bool closed_ = false;
};

}  // namespace usher
