// Where the bytes of a live stream come from: a publisher's pipe, standard
// input. What libavformat reads through live_feed.h.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "core/base/bytes.h"
#include "packager/input/byte_pipe.h"
#include "packager/input/interrupt.h"

namespace usher {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Waits for bytes; 0 at the end, and when `interrupt` wants it.
  virtual size_t Read(std::span<uint8_t> out, const Interrupt& interrupt) = 0;
};

class PipeSource final : public ByteSource {
 public:
  explicit PipeSource(std::shared_ptr<BytePipe> pipe)
      : pipe_(std::move(pipe)) {}
  // Whoever writes learns that nobody reads on.
  ~PipeSource() override { pipe_->Close(); }
  size_t Read(std::span<uint8_t> out, const Interrupt& interrupt) override {
    return pipe_->Read(out, interrupt);
  }

 private:
  std::shared_ptr<BytePipe> pipe_;
};

// A file descriptor that may make its reader wait, such as standard input. It
// is not closed.
class DescriptorSource final : public ByteSource {
 public:
  explicit DescriptorSource(int fd) : fd_(fd) {}
  size_t Read(std::span<uint8_t> out, const Interrupt& interrupt) override;

 private:
  int fd_;
};

}  // namespace usher
