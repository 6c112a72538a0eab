#include "packager/text/text_cutter.h"

#include <algorithm>

namespace usher::text {
namespace {

constexpr size_t kMaxSegmentText = 1 << 20;

size_t SizeOf(const Cue& cue) {
  constexpr size_t kTimes = 32;
  return kTimes + cue.id.size() + cue.settings.size() + cue.payload.size();
}

}  // namespace

int64_t Ticks(Time time) { return time.count() * (kTimescale / 1000); }

Result<std::vector<const Cue*>> TextCutter::Next(const Interval& interval) {
  std::erase_if(active_, [&](const Cue* cue) {
    return Ticks(cue->end) <= interval.start;
  });
  for (; next_ < subtitles_.cues.size(); ++next_) {
    const Cue& cue = subtitles_.cues[next_];
    if (Ticks(cue.start) >= interval.end) break;
    if (Ticks(cue.end) > interval.start) active_.push_back(&cue);
  }
  size_t size = 0;
  for (const Cue* cue : active_) size += SizeOf(*cue);
  if (size > kMaxSegmentText) {
    return BadInput({}, "hold more than 1 MiB of text for one segment",
                    "name a subtitle file");
  }
  return active_;
}

size_t EndAt(Time end, Subtitles& subtitles) {
  const size_t gone = std::erase_if(
      subtitles.cues, [&](const Cue& cue) { return cue.start >= end; });
  for (Cue& cue : subtitles.cues) cue.end = std::min(cue.end, end);
  return gone;
}

}  // namespace usher::text
