// Subtitle files: read, cut and written as WebVTT and wvtt.
#include "packager/mp4/wvtt.h"
#include "packager/text/cue_timing.h"
#include "packager/text/subtitle_reader.h"
#include "packager/text/text_cutter.h"
#include "packager/text/utf8.h"
#include "packager/text/webvtt_segment.h"
#include "packager/text/wvtt_sample.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

namespace {

void CheckCue(const text::Cue& cue) {
  FUZZ_EXPECT(cue.start >= text::Time{} && cue.end > cue.start);
  FUZZ_EXPECT(!cue.payload.empty() && text::IsUtf8(cue.payload));
  FUZZ_EXPECT(cue.payload.find("\n\n") == std::string::npos);
  FUZZ_EXPECT(!text::HasArrow(cue.payload) && !text::HasArrow(cue.settings));
  FUZZ_EXPECT(cue.id.find('\n') == std::string::npos);
}

// What was written is read again as it was.
void CheckSegment(const text::Subtitles& subtitles,
                  const std::vector<const text::Cue*>& cues) {
  const std::string segment =
      text::WriteWebVttSegment(subtitles.styles, cues, 1);
  const auto again = text::ReadSubtitleText(AsBytes(segment));
  FUZZ_EXPECT(again.has_value() == !cues.empty());
  if (!again) return;
  FUZZ_EXPECT(again->unreadable == 0);
  FUZZ_EXPECT(again->subtitles.cues.size() == cues.size());
  for (size_t i = 0; i < cues.size(); ++i) {
    FUZZ_EXPECT(again->subtitles.cues[i].start == cues[i]->start);
    FUZZ_EXPECT(again->subtitles.cues[i].payload == cues[i]->payload);
  }
}

void CheckWvtt(const text::Interval& interval,
               const std::vector<const text::Cue*>& cues) {
  const auto fragment = mp4::MakeWvttFragment(interval, cues, 7);
  if (!fragment) return;
  FUZZ_EXPECT(fragment->Duration() == 360'000);
  size_t offset = 0;
  for (const Sample& sample : fragment->samples) {
    FUZZ_EXPECT(sample.duration > 0);
    FUZZ_EXPECT(text::ReadWvttSample(
        ByteView(fragment->data).subspan(offset, sample.size)));
    offset += sample.size;
  }
  FUZZ_EXPECT(offset == fragment->data.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  text::ReadWvttSample({data, size});
  auto read = text::ReadSubtitleText({data, size});
  if (!read) return 0;
  text::Subtitles& subtitles = read->subtitles;
  text::EndAt(text::Time(20'000), subtitles);
  for (const text::Cue& cue : subtitles.cues) CheckCue(cue);
  text::TextCutter cutter(subtitles);
  for (uint64_t n = 0; n < 5; ++n) {
    const auto start = static_cast<int64_t>(n * 360'000);
    const text::Interval interval{n + 1, start, start + 360'000};
    const auto cues = cutter.Next(interval);
    if (!cues) return 0;
    CheckSegment(subtitles, *cues);
    CheckWvtt(interval, *cues);
  }
  return 0;
}
