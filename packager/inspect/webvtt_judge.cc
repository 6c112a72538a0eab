#include "packager/inspect/webvtt_judge.h"

#include <algorithm>
#include <optional>

#include "packager/text/cue_timing.h"
#include "packager/text/subtitle_reader.h"
#include "packager/text/utf8.h"

namespace usher::inspect {
namespace {

constexpr char kClause[] = "RFC 8216bis 3.1.4";
// What rounding and the length of a frame excuse.
constexpr double kSlack = 0.1;

double InSecondsOf(text::Time time) {
  return static_cast<double>(time.count()) / 1000;
}

// The value of "NAME:value" in the header's X-TIMESTAMP-MAP.
std::string_view MapValue(std::string_view map, std::string_view name) {
  const size_t at = map.find(name);
  if (at == std::string_view::npos) return {};
  map.remove_prefix(at + name.size());
  return map.substr(0, map.find_first_of(", \t\r\n"));
}

// What X-TIMESTAMP-MAP adds to cue times, in seconds; nothing where it cannot
// be read.
std::optional<double> ReadMap(std::string_view line) {
  std::string_view local = MapValue(line, "LOCAL:");
  const auto mpegts = playlist::ParseInteger(MapValue(line, "MPEGTS:"));
  const auto time = text::TakeTimestamp(local);
  constexpr uint64_t kWraps = uint64_t{1} << 33;
  if (!mpegts || *mpegts >= kWraps || !time || !local.empty()) {
    return std::nullopt;
  }
  return static_cast<double>(*mpegts) / 90'000 - InSecondsOf(*time);
}

double JudgeMap(std::string_view segment, const std::string& place,
                Findings& findings) {
  const std::string_view header = segment.substr(
      0, std::min(segment.find("\n\n"), segment.find("\r\n\r\n")));
  const size_t at = header.find("X-TIMESTAMP-MAP=");
  if (at == std::string_view::npos) {
    findings.Warning("vtt-timestamp-map", place,
                     "no X-TIMESTAMP-MAP: cue time 0 is taken for the media's "
                     "time 0",
                     kClause);
    return 0;
  }
  const auto offset = ReadMap(header.substr(at));
  if (!offset) {
    findings.Error("vtt-timestamp-map", place,
                   "X-TIMESTAMP-MAP needs LOCAL, a timestamp, and MPEGTS, 33 "
                   "bits",
                   kClause);
  }
  return offset.value_or(0);
}

struct Span {
  double start = 0;
  double end = 0;
};

// Where the segment of that number lies in `main`.
std::optional<Span> SpanOf(const MeasuredRendition& main, uint64_t number) {
  const auto& segments = main.rendition->segments;
  const auto entry = std::ranges::find(segments, number, &SegmentEntry::number);
  if (entry == segments.end()) return std::nullopt;
  const MeasuredSegment* segment =
      main.segments[static_cast<size_t>(entry - segments.begin())];
  const MeasuredTrack* track = segment == nullptr ? nullptr : segment->Main();
  if (track == nullptr) return std::nullopt;
  return Span{track->StartSeconds(),
              track->StartSeconds() + track->PresentedSeconds()};
}

// Judges one rendition; says the same only once. Lives for one call.
class CueJudge {
 public:
  CueJudge(const MeasuredRendition& main, const MeasuredRendition& text,
           Findings& findings)
      : main_(main), text_(text), findings_(findings) {}

  void Run() {
    const auto& entries = text_.rendition->segments;
    for (size_t i = 0; i < entries.size(); ++i) {
      const MeasuredSegment* segment = text_.segments[i];
      auto span = SpanOf(main_, entries[i].number);
      if (segment == nullptr || !span) continue;
      const bool last = i + 1 == entries.size();
      if (last)
        span->end = std::max(span->end, span->start + entries[i].duration);
      for (const MeasuredCue& cue : segment->cues) {
        Inside(cue, *span, entries[i].resource.place);
        if (!last) GoesOn(cue, *span, i);
      }
    }
  }

 private:
  void Inside(const MeasuredCue& cue, const Span& span,
              const std::string& place) {
    const bool inside =
        cue.start < span.end + kSlack && cue.end > span.start - kSlack;
    if (inside || said_outside_) return;
    said_outside_ = true;
    findings_.Error(
        "vtt-cue-interval", place,
        "a cue from " + InSeconds(cue.start) + " to " + InSeconds(cue.end) +
            " of the media's time, but " + main_.rendition->place + " plays " +
            InSeconds(span.start) + " to " + InSeconds(span.end) + " meanwhile",
        kClause);
  }

  void GoesOn(const MeasuredCue& cue, const Span& span, size_t i) {
    const MeasuredSegment* next = text_.segments[i + 1];
    if (cue.end <= span.end + kSlack || cue.start >= span.end ||
        next == nullptr || text_.rendition->segments[i + 1].discontinuity ||
        said_cut_) {
      return;
    }
    const bool repeated =
        std::ranges::any_of(next->cues, [&](const MeasuredCue& other) {
          return std::abs(other.start - cue.start) < kSlack &&
                 std::abs(other.end - cue.end) < kSlack;
        });
    if (repeated) return;
    said_cut_ = true;
    findings_.Error("vtt-cue-repeated",
                    text_.rendition->segments[i + 1].resource.place,
                    "lacks the cue that begins at " + InSeconds(cue.start) +
                        " and goes on to " + InSeconds(cue.end),
                    kClause);
  }

  const MeasuredRendition& main_;
  const MeasuredRendition& text_;
  Findings& findings_;
  bool said_outside_ = false;
  bool said_cut_ = false;
};

}  // namespace

bool LooksLikeWebVtt(ByteView bytes) {
  std::string_view text = AsText(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text.starts_with("WEBVTT");
}

MeasuredSegment JudgeWebVtt(ByteView bytes, const std::string& place,
                            Findings& findings) {
  MeasuredSegment measured;
  const std::string_view segment = AsText(bytes);
  if (!text::IsUtf8(segment)) {
    findings.Error("vtt-encoding", place, "is not UTF-8", "W3C WebVTT 4.1");
  }
  const double offset = JudgeMap(segment, place, findings);
  const auto read = text::ReadSubtitleText(bytes);
  if (!read) return measured;  // a header alone: nothing is said
  if (read->unreadable > 0) {
    findings.Error("vtt-cue",
                   place + ":" + std::to_string(read->first_unreadable),
                   "a cue whose times cannot be read, or that ends before it "
                   "begins",
                   "W3C WebVTT 4.1");
  }
  for (const text::Cue& cue : read->subtitles.cues) {
    measured.cues.push_back(
        {InSecondsOf(cue.start) + offset, InSecondsOf(cue.end) + offset});
  }
  return measured;
}

void JudgeCueTimes(const MeasuredRendition& main, const MeasuredRendition& text,
                   Findings& findings) {
  CueJudge(main, text, findings).Run();
}

}  // namespace usher::inspect
