#include "packager/mp4/wvtt.h"

#include <algorithm>
#include <vector>

#include "packager/mp4/box.h"
#include "packager/text/cue_timing.h"

namespace usher::mp4 {
namespace {

using text::Cue;
using text::Interval;

constexpr size_t kMaxSize = 4 << 20;

void WriteText(ByteWriter& out, const char (&type)[5],
               const std::string& text) {
  if (text.empty()) return;
  Box box(out, type);
  out.Text(text);
}

// Timestamps inside the text count from the cue's own time, not the sample's.
bool HasTimestamps(const std::string& payload) {
  for (size_t i = 0; i + 1 < payload.size(); ++i) {
    if (payload[i] == '<' && payload[i + 1] >= '0' && payload[i + 1] <= '9') {
      return true;
    }
  }
  return false;
}

// Same cue, same id, in whatever sample and segment a part of it lies.
uint32_t SourceId(const Cue& cue) {
  uint32_t hash = 2166136261;  // FNV-1a
  const std::string all = std::to_string(cue.start.count()) + " " +
                          std::to_string(cue.end.count()) + cue.settings +
                          cue.payload;
  for (const char c : all) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  }
  return hash & 0x7FFFFFFF;
}

void WriteCue(ByteWriter& out, const Cue& cue, int64_t start, int64_t end) {
  Box vttc(out, "vttc");
  const bool whole =
      text::Ticks(cue.start) == start && text::Ticks(cue.end) == end;
  if (!whole) {
    Box vsid(out, "vsid");
    out.U32(SourceId(cue));
  }
  WriteText(out, "iden", cue.id);
  if (HasTimestamps(cue.payload)) {
    WriteText(
        out, "ctim",
        text::FormatTimestamp(text::Time(start / (text::kTimescale / 1000))));
  }
  WriteText(out, "sttg", cue.settings);
  Box payl(out, "payl");
  out.Text(cue.payload);
}

// The interval's ends and every time inside of it at which a cue begins or
// ends.
std::vector<int64_t> ChangesIn(const Interval& interval,
                               std::span<const Cue* const> cues) {
  std::vector<int64_t> times = {interval.start, interval.end};
  for (const Cue* cue : cues) {
    for (const int64_t time :
         {text::Ticks(cue->start), text::Ticks(cue->end)}) {
      if (time > interval.start && time < interval.end) times.push_back(time);
    }
  }
  std::ranges::sort(times);
  const auto repeated = std::ranges::unique(times);
  times.erase(repeated.begin(), repeated.end());
  return times;
}

void WriteSample(std::span<const Cue* const> shown, int64_t start, int64_t end,
                 Fragment& fragment) {
  const size_t before = fragment.data.size();
  ByteWriter out(fragment.data);
  for (const Cue* cue : shown) WriteCue(out, *cue, start, end);
  if (fragment.data.size() == before) Box vtte(out, "vtte");
  Sample sample;
  sample.size = static_cast<uint32_t>(fragment.data.size() - before);
  sample.duration = static_cast<uint32_t>(end - start);
  sample.key = true;
  fragment.samples.push_back(sample);
}

}  // namespace

void WriteWvttEntry(ByteWriter& out, ByteView header) {
  Box entry(out, "wvtt");
  out.Zeros(6);
  out.U16(1);  // data_reference_index
  Box config(out, "vttC");
  out.Append(header);
}

Result<Fragment> MakeWvttFragment(const Interval& interval,
                                  std::span<const Cue* const> cues,
                                  int64_t offset) {
  Fragment fragment;
  fragment.number = interval.number;
  fragment.decode_time = static_cast<uint64_t>(interval.start + offset);
  const std::vector<int64_t> times = ChangesIn(interval, cues);
  std::vector<const Cue*> shown;
  auto next = cues.begin();  // they lie by start
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    std::erase_if(shown, [&](const Cue* cue) {
      return text::Ticks(cue->end) <= times[i];
    });
    for (; next != cues.end() && text::Ticks((*next)->start) <= times[i];
         ++next) {
      shown.push_back(*next);
    }
    WriteSample(shown, times[i], times[i + 1], fragment);
    if (fragment.data.size() > kMaxSize) {
      return BadInput({}, "hold too many cues that overlap each other",
                      "name a subtitle file");
    }
  }
  return fragment;
}

}  // namespace usher::mp4
