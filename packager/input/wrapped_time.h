// Timestamps of limited width that begin again at zero: 33 bits in a transport
// stream, every 26.5 hours; 32 bits in FLV.
#pragma once

#include <cstdint>
#include <optional>

namespace usher {

class TimeUnwrapper {
 public:
  // `bits` is 64 where timestamps never wrap.
  explicit TimeUnwrapper(int bits = 64) : bits_(bits) {}
  // The first one is nearest to `time`.
  void BeginNear(int64_t time) { last_ = time; }

  // `time` moved by whole wraps to where it is nearest to the one before.
  int64_t Unwrap(int64_t time) {
    if (bits_ < 63 && last_) {
      const int64_t wrap = int64_t{1} << bits_;
      const int64_t difference = (time - *last_) & (wrap - 1);
      time = *last_ + difference - (difference >= wrap / 2 ? wrap : 0);
    }
    last_ = time;
    return time;
  }

 private:
  int bits_;
  std::optional<int64_t> last_;
};

}  // namespace usher
