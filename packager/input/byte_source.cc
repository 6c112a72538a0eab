#include "packager/input/byte_source.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace usher {
namespace {

// A signal handler cannot wake the reader by itself.
constexpr int kLookAroundMilliseconds = 50;

}  // namespace

size_t DescriptorSource::Read(std::span<uint8_t> out,
                              const Interrupt& interrupt) {
  while (!interrupt.requested()) {
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, kLookAroundMilliseconds) == 0) continue;
    const ssize_t size = ::read(fd_, out.data(), out.size());
    if (size >= 0) return static_cast<size_t>(size);
    if (errno != EINTR && errno != EAGAIN) return 0;
  }
  return 0;
}

}  // namespace usher
