// One line on a terminal that says how far the work is: percent, speed, time
// left. Silent where stderr is no terminal. Not thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "packager/pipeline/progress.h"

namespace usher::cli {

// "packaging  42 %   12.3x   0:31 left". `elapsed` is what the stage took yet.
std::string FormatProgress(std::string_view stage, double fraction,
                           double media_seconds,
                           std::chrono::duration<double> elapsed);

class ProgressLine final : public Progress {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine() override;  // wipes the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Report(std::string_view stage, double fraction,
              double media_seconds) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool shown_;
  bool dirty_ = false;
  std::string stage_;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace usher::cli
