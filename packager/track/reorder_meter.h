// How far decoding must run ahead of showing, so that no picture is shown
// before it is decoded where the i-th picture decoded takes the time of the
// i-th one shown (packager/fragment/fragment_timer.h). What the codec says is a
// number of pictures, which lasts as long as it does only where all are shown
// alike. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace usher {

class ReorderMeter {
 public:
  // The next picture in decode order. Pictures from one `key` picture up to the
  // next are shown together.
  void Add(int64_t time, bool key) {
    if (key) Measure();
    group_.push_back(time);
  }

  // Of all pictures up to now, in their ticks.
  int64_t Depth() {
    Measure();
    return depth_;
  }

 private:
  void Measure() {
    shown_ = group_;
    std::ranges::sort(shown_);
    for (size_t i = 0; i < group_.size(); ++i) {
      depth_ = std::max(depth_, shown_[i] - group_[i]);
    }
    group_.clear();
  }

  std::vector<int64_t> group_;  // times in decode order
  std::vector<int64_t> shown_;  // the same, rising
  int64_t depth_ = 0;
};

}  // namespace usher
