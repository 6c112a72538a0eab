#include "packager/inspect/ladder_judge.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "packager/inspect/codec_name.h"

namespace usher::inspect {
namespace {

const MeasuredTrack* MainAt(const MeasuredRendition& rendition, size_t i) {
  const MeasuredSegment* segment = rendition.segments[i];
  return segment == nullptr || !segment->readable ? nullptr : segment->Main();
}

// The index of the segment with `number` in `rendition`.
std::optional<size_t> IndexOf(const MeasuredRendition& rendition,
                              uint64_t number) {
  const auto& segments = rendition.rendition->segments;
  if (segments.empty() || number < segments.front().number) return std::nullopt;
  const uint64_t index = number - segments.front().number;
  if (index >= segments.size()) return std::nullopt;
  return static_cast<size_t>(index);
}

// The first segment that begins elsewhere in `other` is enough to say.
void JudgePair(const MeasuredRendition& first, const MeasuredRendition& other,
               bool required, const std::string& clause, Findings& findings) {
  const auto& segments = first.rendition->segments;
  for (size_t i = 0; i < segments.size(); ++i) {
    const auto j = IndexOf(other, segments[i].number);
    if (!j) continue;
    const MeasuredTrack* a = MainAt(first, i);
    const MeasuredTrack* b = MainAt(other, *j);
    if (a == nullptr || b == nullptr) continue;
    const double off = std::abs(a->StartSeconds() - b->StartSeconds());
    if (off <= 0.001 + 1.0 / a->timescale + 1.0 / b->timescale) continue;
    findings.Add({required ? Severity::kError : Severity::kWarning, "alignment",
                  other.rendition->segments[*j].resource.place,
                  "begins at " + InSeconds(b->StartSeconds()) + ", but " +
                      segments[i].resource.place + " at " +
                      InSeconds(a->StartSeconds()) +
                      "; encode both with the same key frame interval",
                  clause});
    return;
  }
}

double EndOf(const MeasuredRendition& rendition) {
  for (size_t i = rendition.segments.size(); i-- > 0;) {
    if (const MeasuredTrack* main = MainAt(rendition, i)) {
      return main->StartSeconds() + main->PresentedSeconds();
    }
  }
  return 0;
}

bool AllRead(const MeasuredRendition& measured) {
  return !measured.segments.empty() &&
         std::ranges::all_of(measured.segments,
                             [](auto* segment) { return segment != nullptr; });
}

std::set<std::string> CodecsOf(
    std::span<const MeasuredRendition* const> renditions) {
  std::set<std::string> codecs;
  for (const MeasuredRendition* rendition : renditions) {
    for (const MediaHeader* header : rendition->headers) {
      if (header == nullptr) continue;
      for (const MediaTrack& track : header->tracks) {
        if (!track.codecs.empty()) codecs.insert(track.codecs);
      }
    }
    for (const MeasuredSegment* segment : rendition->segments) {
      if (segment == nullptr) continue;
      for (const MeasuredTrack& track : segment->tracks) {
        if (!track.codecs.empty()) codecs.insert(track.codecs);
      }
    }
  }
  return codecs;
}

void JudgeCodecs(const Promise& promise,
                 std::span<const MeasuredRendition* const> renditions,
                 Findings& findings) {
  const std::set<std::string> actual = CodecsOf(renditions);
  if (actual.empty()) return;
  for (const std::string& codec : actual) {
    const bool told =
        std::ranges::any_of(promise.codecs, [&](const std::string& declared) {
          return SameCodec(declared, codec);
        });
    if (!told) {
      findings.Error("codecs", promise.place,
                     "the media are " + codec + ", which is not told",
                     promise.codecs_clause);
    }
  }
  for (const std::string& declared : promise.codecs) {
    const bool there = std::ranges::any_of(
        actual,
        [&](const std::string& codec) { return SameCodec(declared, codec); });
    // Text and what we have no name for cannot be held against the media.
    if (there || declared.starts_with("stpp") || declared == "wvtt") continue;
    findings.Warning("codecs", promise.place,
                     "tells " + declared + ", which no segment has",
                     promise.codecs_clause);
  }
}

// Where init segments change on the way, the one with the largest picture.
const MediaTrack* LargestVideo(const MeasuredRendition& rendition) {
  const MediaTrack* largest = nullptr;
  for (const MediaHeader* header : rendition.headers) {
    if (header == nullptr) continue;
    for (const MediaTrack& track : header->tracks) {
      if (track.kind != MediaKind::kVideo) continue;
      const bool larger =
          largest == nullptr || uint64_t{track.width} * track.height >
                                    uint64_t{largest->width} * largest->height;
      if (larger) largest = &track;
    }
  }
  return largest;
}

void JudgePicture(const Promise& promise, const MeasuredRendition& rendition,
                  Findings& findings) {
  const MediaTrack* video = LargestVideo(rendition);
  if (video == nullptr || promise.width == 0) return;
  const auto is = [&](uint32_t width, uint32_t height) {
    return promise.width == width && promise.height == height;
  };
  const uint32_t width = video->sideways ? video->height : video->width;
  const uint32_t height = video->sideways ? video->width : video->height;
  if (is(width, height) || is(video->display_width, video->display_height)) {
    return;
  }
  findings.Error("resolution", promise.place,
                 "tells " + std::to_string(promise.width) + "x" +
                     std::to_string(promise.height) + ", the picture is " +
                     std::to_string(width) + "x" + std::to_string(height) +
                     (video->sideways ? " as tkhd turns it" : ""),
                 promise.picture_clause);
}

// Of ITU-T H.273.
constexpr uint16_t kUnspecified = 2;
constexpr uint16_t kPq = 16;
constexpr uint16_t kHlg = 18;

// As colr in the init segment tells it; without one nothing is known.
void JudgeVideoRange(const Promise& promise, const MeasuredRendition& rendition,
                     Findings& findings) {
  const MediaTrack* video = rendition.FirstTrack(MediaKind::kVideo);
  if (video == nullptr || promise.video_range.empty()) return;
  if (video->transfer == 0 || video->transfer == kUnspecified) return;
  const std::string actual = video->transfer == kPq    ? "PQ"
                             : video->transfer == kHlg ? "HLG"
                                                       : "SDR";
  if (actual == promise.video_range) return;
  findings.Error("video-range", promise.place,
                 "VIDEO-RANGE is " + promise.video_range +
                     ", colr in the init segment says " + actual,
                 "RFC 8216bis 4.4.6.2");
}

// The same in an MPD, code point by code point.
void JudgeColour(const Promise& promise, const MeasuredRendition& rendition,
                 Findings& findings) {
  const MediaTrack* video = rendition.FirstTrack(MediaKind::kVideo);
  if (video == nullptr || !promise.colour) return;
  const std::tuple<const char*, uint64_t, uint16_t> kinds[] = {
      {"ColourPrimaries", promise.colour->primaries, video->primaries},
      {"TransferCharacteristics", promise.colour->transfer, video->transfer},
      {"MatrixCoefficients", promise.colour->matrix, video->matrix}};
  for (const auto& [name, told, actual] : kinds) {
    if (told == 0 || actual == 0 || actual == kUnspecified || told == actual) {
      continue;
    }
    findings.Error("colour", promise.place,
                   std::string(name) + " is " + std::to_string(told) +
                       ", colr in the init segment says " +
                       std::to_string(actual),
                   "ISO/IEC 23009-1 5.8.4.8; ISO/IEC 23091-2");
  }
  const bool high = video->transfer == kPq || video->transfer == kHlg;
  if (high && promise.colour->transfer == 0) {
    findings.Warning("colour", promise.place,
                     "does not tell that its pictures have a high dynamic "
                     "range, as colr in the init segment says",
                     "DASH-IF IOP 4.3 10.3");
  }
}

// Told is the most there is at any time; frames may last longer, or go missing.
void JudgeFrameRate(const Promise& promise, const MeasuredRendition& rendition,
                    Findings& findings) {
  const double usual = rendition.FrameRate();
  if (promise.frame_rate == 0 || usual == 0) return;
  const double actual =
      std::clamp(promise.frame_rate, usual, rendition.PeakFrameRate());
  // Few frames measure coarsely: a missing one of thirty is three percent.
  const MeasuredTrack* main = rendition.FirstMain();
  const double allowed =
      0.01 + (main == nullptr ? 0 : 1.0 / static_cast<double>(main->samples));
  if (std::abs(actual / promise.frame_rate - 1) <= allowed) return;
  char what[96];
  std::snprintf(what, sizeof what,
                "tells %.3f frames a second, the media have %.3f",
                promise.frame_rate, actual);
  findings.Error("frame-rate", promise.place, what, promise.picture_clause);
}

}  // namespace

void JudgeAlignment(std::span<const MeasuredRendition* const> renditions,
                    bool required, const std::string& clause,
                    Findings& findings) {
  for (size_t i = 1; i < renditions.size(); ++i) {
    JudgePair(*renditions[0], *renditions[i], required, clause, findings);
  }
}

void JudgeEnds(std::span<const MeasuredRendition* const> renditions,
               std::optional<double> allowed, const std::string& clause,
               Findings& findings) {
  if (renditions.size() < 2) return;
  const MeasuredRendition* longest = *std::ranges::max_element(
      renditions, {}, [](const auto* rendition) { return EndOf(*rendition); });
  // Encoders of one film may leave out a few pictures at its end.
  constexpr double kNoticed = 0.5;
  constexpr double kRounding = 0.01;
  for (const MeasuredRendition* rendition : renditions) {
    const double missing = EndOf(*longest) - EndOf(*rendition);
    if (rendition->FirstMain() == nullptr || missing <= kNoticed) continue;
    const bool too_much = allowed && missing > *allowed + kRounding;
    findings.Add({too_much ? Severity::kError : Severity::kWarning,
                  "ladder-end", rendition->rendition->place,
                  "ends " + InSeconds(missing) + " before " +
                      longest->rendition->place +
                      ": players that switch find nothing behind its end; "
                      "encode both from the same film",
                  clause});
  }
}

void JudgeTogether(const MeasuredRendition& video,
                   const MeasuredRendition& sound, Findings& findings) {
  const MeasuredTrack* a = video.FirstMain();
  const MeasuredTrack* b = sound.FirstMain();
  if (a == nullptr || b == nullptr) return;
  const double begin = std::abs(a->StartSeconds() - b->StartSeconds());
  constexpr double kNoticed = 0.5;
  if (begin > kNoticed) {
    findings.Warning(
        "sync-start", sound.rendition->place,
        "begins " + InSeconds(begin) + " away from " + video.rendition->place,
        "RFC 8216bis 6.2.4");
  }
  const double end = std::abs(EndOf(video) - EndOf(sound));
  constexpr double kMuch = 2;
  if (end > kMuch) {
    findings.Warning(
        "sync-end", sound.rendition->place,
        "ends " + InSeconds(end) + " away from " + video.rendition->place,
        "RFC 8216bis 6.2.4");
  }
}

double PeakBitrate(const MeasuredRendition& measured, double target) {
  if (!AllRead(measured)) return 0;
  const auto& segments = measured.rendition->segments;
  double peak = 0;
  for (size_t first = 0; first < segments.size(); ++first) {
    double seconds = 0;
    double bits = 0;
    for (size_t i = first; i < segments.size(); ++i) {
      seconds += segments[i].duration;
      bits += 8.0 * static_cast<double>(measured.segments[i]->bytes);
      if (seconds > 1.5 * target) break;
      if (seconds >= 0.5 * target) peak = std::max(peak, bits / seconds);
    }
  }
  // A presentation shorter than half a target duration has only itself.
  return peak > 0 ? peak : AverageBitrate(measured);
}

double AverageBitrate(const MeasuredRendition& measured) {
  if (!AllRead(measured)) return 0;
  double seconds = 0;
  double bits = 0;
  for (size_t i = 0; i < measured.segments.size(); ++i) {
    seconds += measured.rendition->segments[i].duration;
    bits += 8.0 * static_cast<double>(measured.segments[i]->bytes);
  }
  return seconds > 0 ? bits / seconds : 0;
}

void JudgePromise(const Promise& promise,
                  std::span<const MeasuredRendition* const> renditions,
                  Findings& findings) {
  if (!promise.codecs.empty()) JudgeCodecs(promise, renditions, findings);
  for (const MeasuredRendition* rendition : renditions) {
    JudgePicture(promise, *rendition, findings);
    JudgeVideoRange(promise, *rendition, findings);
    JudgeColour(promise, *rendition, findings);
    if (!rendition->rendition->i_frames_only) {
      JudgeFrameRate(promise, *rendition, findings);
    }
    const MediaTrack* sound = rendition->FirstTrack(MediaKind::kAudio);
    if (promise.sample_rate != 0 && sound != nullptr &&
        sound->sample_rate != 0 && promise.sample_rate != sound->sample_rate &&
        promise.sample_rate != 2 * sound->sample_rate) {
      findings.Error("sample-rate", promise.place,
                     "tells " + std::to_string(promise.sample_rate) +
                         " Hz, the sound has " +
                         std::to_string(sound->sample_rate),
                     promise.picture_clause);
    }
  }
}

}  // namespace usher::inspect
