#include "packager/cli/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace usher::cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr char kWipe[] = "\r\x1b[K";

std::string FormatClock(double seconds) {
  const long long whole = std::llround(seconds);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02lld", whole / 60,
                whole % 60);
  return text.data();
}

}  // namespace

std::string FormatProgress(std::string_view stage, double fraction,
                           double media_seconds,
                           std::chrono::duration<double> elapsed) {
  const double done = std::clamp(fraction, 0.0, 1.0);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), " %3.0f %%", 100 * done);
  std::string line = std::string(stage) + text.data();
  if (done <= 0 || elapsed.count() <= 0) return line;
  if (media_seconds > 0) {
    std::snprintf(text.data(), text.size(), "  %5.1fx",
                  media_seconds / elapsed.count());
    line += text.data();
  }
  return line + "  " + FormatClock(elapsed.count() * (1 - done) / done) +
         " left";
}

ProgressLine::ProgressLine(bool wanted)
    : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (dirty_) std::fputs(kWipe, stderr);
}

void ProgressLine::Report(std::string_view stage, double fraction,
                          double media_seconds) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (stage == stage_ && now - last_ < kInterval) return;
  if (stage != stage_) start_ = now;
  stage_ = stage;
  last_ = now;
  dirty_ = true;
  const std::string line =
      FormatProgress(stage, fraction, media_seconds, now - start_);
  std::fprintf(stderr, "%s%s", kWipe, line.c_str());
}

}  // namespace usher::cli
