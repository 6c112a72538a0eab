// Who wants to know how far the work is.
#pragma once

#include <string_view>

namespace usher {

class Progress {
 public:
  virtual ~Progress() = default;
  // `stage` is a word such as "packaging", `fraction` how much of it is done
  // (0 to 1), `media_seconds` how much of the film that is; 0 where that means
  // nothing. Called often, from one thread.
  virtual void Report(std::string_view stage, double fraction,
                      double media_seconds) = 0;
};

}  // namespace usher
