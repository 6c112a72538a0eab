#include "packager/cli/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace usher::cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr char kWipe[] = "\r\x1b[K";

std::string FormatClock(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60,
                whole % 60);
  return text.data();
}

}  // namespace

std::string FormatProgress(std::string_view stage, double seconds_done,
                           double seconds_total,
                           std::chrono::duration<double> elapsed) {
  const double fraction =
      seconds_total > 0 ? std::clamp(seconds_done / seconds_total, 0.0, 1.0)
                        : 0;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), " %3.0f %%", 100 * fraction);
  std::string line = std::string(stage) + text.data();
  if (seconds_done <= 0 || elapsed.count() <= 0) return line;
  const double speed = seconds_done / elapsed.count();
  std::snprintf(text.data(), text.size(), "  %5.1fx", speed);
  const double left = std::max(0.0, seconds_total - seconds_done) / speed;
  return line + text.data() + "  " + FormatClock(left) + " left";
}

ProgressLine::ProgressLine(bool wanted)
    : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (dirty_) std::fputs(kWipe, stderr);
}

void ProgressLine::Report(std::string_view stage, double seconds_done,
                          double seconds_total) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (dirty_ && now - last_ < kInterval) return;
  last_ = now;
  dirty_ = true;
  const std::string line =
      FormatProgress(stage, seconds_done, seconds_total, now - start_);
  std::fprintf(stderr, "%s%s", kWipe, line.c_str());
}

}  // namespace usher::cli
