// Who wants to know how far the work is.
#pragma once

#include <string_view>

namespace usher {

class Progress {
 public:
  virtual ~Progress() = default;
  // `stage` is a word such as "packaging". Called often, from one thread.
  virtual void Report(std::string_view stage, double seconds_done,
                      double seconds_total) = 0;
};

}  // namespace usher
