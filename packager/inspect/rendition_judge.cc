#include "packager/inspect/rendition_judge.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace usher::inspect {
namespace {

constexpr double kClearlyWrong = 0.05;            // seconds
constexpr double kLongestFrame = 1024.0 / 22050;  // of AAC as usual

std::string DurationClause(Protocol protocol) {
  return protocol == Protocol::kHls ? "RFC 8216bis 4.4.4.1"
                                    : "ISO/IEC 23009-1 5.3.9.6";
}

// The number a file name ends in: "v720/12.m4s" -> 12.
std::optional<uint64_t> NumberInName(std::string_view place) {
  place = place.substr(place.rfind('/') + 1);
  place = place.substr(0, place.rfind('.'));
  size_t digits = place.size();
  while (digits > 0 && place[digits - 1] >= '0' && place[digits - 1] <= '9') {
    --digits;
  }
  return playlist::ParseInteger(place.substr(digits));
}

// Judges one rendition; lives for one call of JudgeRendition.
class Judge {
 public:
  Judge(const MeasuredRendition& measured, Findings& findings)
      : measured_(measured),
        rendition_(*measured.rendition),
        findings_(findings) {}

  void Run() {
    Names();
    for (size_t i = 0; i < rendition_.segments.size(); ++i) {
      const MeasuredTrack* main = MainOf(i);
      if (main == nullptr) continue;
      KeyFrame(i, *main);
      if (rendition_.i_frames_only) {
        Picture(i, *main);
      } else {
        Duration(i, *main);
        Start(i, *main);
        Follows(i);
      }
    }
    if (!rendition_.i_frames_only) Drift();
  }

 private:
  const MeasuredTrack* MainOf(size_t i) const {
    const MeasuredSegment* segment = measured_.segments[i];
    return segment == nullptr || !segment->readable ? nullptr : segment->Main();
  }

  // The main track of the next segment, where it goes on from this one.
  const MeasuredTrack* NextOf(size_t i) const {
    if (i + 1 >= rendition_.segments.size()) return nullptr;
    if (rendition_.segments[i + 1].discontinuity) return nullptr;
    return MainOf(i + 1);
  }

  void Names() {
    std::map<std::pair<std::string, uint64_t>, size_t> seen;
    for (size_t i = 0; i < rendition_.segments.size(); ++i) {
      const SegmentEntry& segment = rendition_.segments[i];
      if (segment.gap) continue;
      const uint64_t offset =
          segment.resource.range ? segment.resource.range->offset : 0;
      if (!seen.emplace(std::pair(segment.resource.location, offset), i)
               .second) {
        findings_.Error("segment-duplicate", segment.resource.written_at,
                        segment.resource.place + " is listed twice",
                        rendition_.protocol == Protocol::kHls
                            ? "RFC 8216bis 3"
                            : "ISO/IEC 23009-1 5.3.9.5");
      }
      if (i > 0) NameFollows(rendition_.segments[i - 1], segment);
    }
  }

  void NameFollows(const SegmentEntry& before, const SegmentEntry& segment) {
    if (segment.resource.range || segment.discontinuity || before.gap) return;
    const auto last = NumberInName(before.resource.place);
    const auto number = NumberInName(segment.resource.place);
    // Numbers that are times step by more, and evenly so they say nothing.
    if (!last || !number || *number <= *last || *number - *last == 1 ||
        *number - *last > 100) {
      return;
    }
    findings_.Warning("segment-number", segment.resource.written_at,
                      "the names go from " + std::to_string(*last) + " to " +
                          std::to_string(*number),
                      "RFC 8216bis 6.2.1");
  }

  void KeyFrame(size_t i, const MeasuredTrack& main) {
    if (main.kind == MediaKind::kVideo && main.starts_with_key &&
        !main.independent && rendition_.key_frames_claimed) {
      findings_.Error("segment-independent",
                      rendition_.segments[i].resource.place,
                      "has pictures (RASL) that refer to the segment before "
                      "it, though the manifest says that none has",
                      rendition_.protocol == Protocol::kHls
                          ? "RFC 8216bis 4.4.2.1"
                          : "ISO/IEC 23009-1 5.3.7.2; 14496-12 Annex I");
    }
    if (main.kind != MediaKind::kVideo || main.starts_with_key) return;
    const std::string& place = rendition_.segments[i].resource.place;
    if (rendition_.i_frames_only) {
      findings_.Error("segment-key-frame", place,
                      "an I-frame playlist names a picture that is none",
                      "RFC 8216bis 4.4.3.6");
    } else if (rendition_.key_frames_claimed) {
      findings_.Error("segment-key-frame", place,
                      "does not begin with a key frame, though the manifest "
                      "says that all segments do",
                      rendition_.protocol == Protocol::kHls
                          ? "RFC 8216bis 4.4.2.1"
                          : "ISO/IEC 23009-1 5.3.7.2");
    } else {
      findings_.Warning("segment-key-frame", place,
                        "does not begin with a key frame",
                        "RFC 8216bis 3; ISO/IEC 23000-19 7.3.2.3");
    }
  }

  // An I-frame segment is one picture, and lasts until the next one is shown.
  void Picture(size_t i, const MeasuredTrack& main) {
    const SegmentEntry& segment = rendition_.segments[i];
    if (main.samples > 1) {
      findings_.Warning("i-frame-range", segment.resource.written_at,
                        "the range holds " + std::to_string(main.samples) +
                            " pictures: players load more than they show",
                        "RFC 8216bis 4.4.3.6");
    }
    const MeasuredTrack* next = NextOf(i);
    if (next == nullptr || next->timescale != main.timescale) return;
    const double actual = main.Seconds(next->start - main.start);
    const double allowed = segment.precision + 1.0 / main.timescale;
    if (std::abs(actual - segment.duration) <= allowed) return;
    findings_.Error("i-frame-duration", segment.resource.written_at,
                    "told to last " + InSeconds(segment.duration) +
                        ", the next picture is shown after " +
                        InSeconds(actual),
                    "RFC 8216bis 4.4.3.6");
  }

  // The time to the next segment, or the sum of sample durations; a manifest
  // may mean either.
  void Duration(size_t i, const MeasuredTrack& main) {
    const SegmentEntry& segment = rendition_.segments[i];
    const bool last = i + 1 == rendition_.segments.size();
    if (segment.nominal && last) return;  // as long as what is left
    double actual = main.DurationSeconds();
    const auto prefer = [&](double other) {
      if (std::abs(segment.duration - other) <
          std::abs(segment.duration - actual)) {
        actual = other;
      }
    };
    prefer(main.PresentedSeconds());
    if (const MeasuredTrack* next = NextOf(i)) {
      prefer(next->StartSeconds() - main.StartSeconds());
    }
    const double off = std::abs(segment.duration - actual);
    double allowed = segment.precision + 1.0 / main.timescale;
    // MPEG-TS cannot say that the last frame of sound is not heard to its end.
    if (last && main.first_counter >= 0 && main.kind == MediaKind::kAudio) {
      allowed += kLongestFrame;
    }
    if (off <= allowed) return;
    const std::string what = "told to last " + InSeconds(segment.duration) +
                             ", its samples last " + InSeconds(actual);
    const bool error =
        off > std::max(kClearlyWrong, allowed) && off > main.SampleSeconds();
    findings_.Add({error ? Severity::kError : Severity::kWarning,
                   "segment-duration", segment.resource.written_at, what,
                   DurationClause(rendition_.protocol)});
  }

  // DASH: the time of S is the earliest presentation time.
  void Start(size_t i, const MeasuredTrack& main) {
    const SegmentEntry& segment = rendition_.segments[i];
    if (!segment.start) return;
    const double allowed = segment.precision + 1.0 / main.timescale;
    const double off = std::abs(*segment.start - main.StartSeconds());
    if (off <= allowed) return;
    const double decode = main.Seconds(main.decode_start);
    const std::string what = "told to begin at " + InSeconds(*segment.start) +
                             ", begins at " + InSeconds(main.StartSeconds());
    const bool is_decode_time = std::abs(*segment.start - decode) <= allowed;
    const bool error = !is_decode_time && off > main.SampleSeconds();
    findings_.Add({error ? Severity::kError : Severity::kWarning,
                   "segment-start", segment.resource.place,
                   is_decode_time ? what + " (its decode time is told)" : what,
                   "ISO/IEC 23009-1 5.3.9.6"});
  }

  // Each track of a segment begins where the one before it ended.
  void Follows(size_t i) {
    if (NextOf(i) == nullptr) return;
    const MeasuredSegment& segment = *measured_.segments[i];
    const MeasuredSegment& next = *measured_.segments[i + 1];
    for (const MeasuredTrack& track : segment.tracks) {
      const auto same =
          std::ranges::find(next.tracks, track.id, &MeasuredTrack::id);
      if (same == next.tracks.end()) continue;
      Joint(rendition_.segments[i + 1], track, *same);
      Counters(rendition_.segments[i + 1], track, *same);
    }
  }

  // MPEG-TS: said once, for packagers that begin anew do so in each segment.
  void Counters(const SegmentEntry& segment, const MeasuredTrack& track,
                const MeasuredTrack& next) {
    if (counters_said_ || track.last_counter < 0 || next.first_counter < 0 ||
        next.first_counter == (track.last_counter + 1) % 16) {
      return;
    }
    counters_said_ = true;
    findings_.Warning("ts-counters", segment.resource.place,
                      "its continuity counters do not go on from the segment "
                      "in front of it: some demuxers take that for loss",
                      "ISO/IEC 13818-1 2.4.3.3");
  }

  void Joint(const SegmentEntry& segment, const MeasuredTrack& track,
             const MeasuredTrack& next) {
    const double gap = next.Seconds(next.decode_start) -
                       track.Seconds(track.decode_start + track.duration);
    const double allowed = 1.0 / track.timescale;
    if (std::abs(gap) <= allowed) return;
    // MPEG-TS does not tell the duration of its last sample.
    const double guess = std::max(track.SampleSeconds(), 1e-3);
    const bool error = std::abs(gap) > 1.5 * guess;
    if (!error && track.timescale == 90'000) return;
    findings_.Add(
        {error ? Severity::kError : Severity::kWarning, "segment-continuity",
         segment.resource.place,
         gap > 0 ? "begins " + InSeconds(gap) + " after its predecessor ends"
                 : "begins " + InSeconds(-gap) + " before its predecessor ends",
         rendition_.protocol == Protocol::kHls
             ? "RFC 8216bis 4.4.4.3"
             : "ISO/IEC 23009-1 5.3.9.6; ISO/IEC 23000-19 7.3.2.3"});
  }

  // Rounded durations add up to a seek bar that lies.
  void Drift() {
    size_t first = 0;
    const auto& segments = rendition_.segments;
    for (size_t i = 0; i < segments.size(); ++i) {
      if (i + 1 < segments.size() && !segments[i + 1].discontinuity) continue;
      DriftOf(first, i);
      first = i + 1;
    }
  }

  void DriftOf(size_t first, size_t last) {
    while (first < last && MainOf(first) == nullptr) ++first;
    const MeasuredTrack* begin = MainOf(first);
    const MeasuredTrack* end = MainOf(last);
    if (begin == nullptr || end == nullptr) return;
    if (rendition_.segments[last].nominal) return;
    double told = 0;
    for (size_t i = first; i <= last; ++i) {
      told += rendition_.segments[i].duration;
    }
    const double actual =
        end->StartSeconds() + end->PresentedSeconds() - begin->StartSeconds();
    const double off = std::abs(told - actual);
    // One frame an hour, and one for the end, which nothing follows.
    const double allowed =
        std::max(end->SampleSeconds(), rendition_.segments[last].precision) *
        (1 + actual / 3600);
    if (off <= std::max(allowed, kClearlyWrong)) return;
    findings_.Error("segment-drift", rendition_.place,
                    "its segments are told to last " + InSeconds(told) +
                        " together, and last " + InSeconds(actual),
                    DurationClause(rendition_.protocol));
  }

  const MeasuredRendition& measured_;
  const Rendition& rendition_;
  Findings& findings_;
  bool counters_said_ = false;
};

}  // namespace

const MediaTrack* MeasuredRendition::FirstTrack(MediaKind kind) const {
  for (const MediaHeader* header : headers) {
    if (header == nullptr) continue;
    const auto track =
        std::ranges::find(header->tracks, kind, &MediaTrack::kind);
    if (track != header->tracks.end()) return &*track;
  }
  return nullptr;
}

const MeasuredTrack* MeasuredRendition::FirstMain() const {
  for (const MeasuredSegment* segment : segments) {
    if (segment != nullptr && segment->Main() != nullptr) {
      return segment->Main();
    }
  }
  return nullptr;
}

bool MeasuredRendition::Has(MediaKind kind) const {
  return std::ranges::any_of(segments, [&](const MeasuredSegment* segment) {
    return segment != nullptr &&
           std::ranges::find(segment->tracks, kind, &MeasuredTrack::kind) !=
               segment->tracks.end();
  });
}

double MeasuredRendition::FrameRate() const {
  double seconds = 0;
  uint64_t frames = 0;
  for (const MeasuredSegment* segment : segments) {
    if (segment == nullptr) continue;
    for (const MeasuredTrack& track : segment->tracks) {
      if (track.kind != MediaKind::kVideo) continue;
      seconds += track.DurationSeconds();
      frames += track.samples - track.brief;
    }
  }
  return seconds > 0 ? static_cast<double>(frames) / seconds : 0;
}

double MeasuredRendition::PeakFrameRate() const {
  double peak = FrameRate();
  for (const MeasuredSegment* segment : segments) {
    if (segment == nullptr) continue;
    for (const MeasuredTrack& track : segment->tracks) {
      if (track.kind != MediaKind::kVideo || track.shortest == 0) continue;
      peak = std::max(peak, 1 / track.Seconds(track.shortest));
    }
  }
  return peak;
}

MeasuredRendition Measure(const Rendition& rendition, MediaStore& store,
                          unsigned every) {
  MeasuredRendition measured;
  measured.rendition = &rendition;
  for (const ResourceEntry& header : rendition.headers) {
    measured.headers.push_back(store.Header(header));
  }
  for (size_t i = 0; i < rendition.segments.size(); ++i) {
    const bool wanted = !rendition.segments[i].gap &&
                        (i % every == 0 || i + 1 == rendition.segments.size());
    measured.segments.push_back(
        wanted ? store.Segment(rendition, rendition.segments[i]) : nullptr);
  }
  return measured;
}

void JudgeRendition(const MeasuredRendition& measured, Findings& findings) {
  Judge(measured, findings).Run();
}

}  // namespace usher::inspect
