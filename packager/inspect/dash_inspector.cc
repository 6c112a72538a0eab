#include "packager/inspect/dash_inspector.h"

#include <algorithm>
#include <cmath>
#include <list>

#include "core/playlist/mpd_reader.h"
#include "packager/inspect/dash_clock.h"
#include "packager/inspect/dash_protection.h"
#include "packager/inspect/dash_rendition.h"
#include "packager/inspect/image_judge.h"
#include "packager/inspect/ladder_judge.h"
#include "packager/inspect/location.h"
#include "packager/inspect/period_continuity.h"
#include "packager/inspect/trick_play_judge.h"

namespace usher::inspect {
namespace {

using playlist::ReadAdaptationSet;
using playlist::ReadPeriod;
using playlist::ReadRepresentation;

struct JudgedRepresentation {
  const ReadRepresentation* told = nullptr;
  Rendition rendition;
  MeasuredRendition measured;
  bool first = true;  // is its Period
  bool last = true;
};

std::vector<std::string> SplitCodecs(std::string_view text) {
  std::vector<std::string> codecs;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (comma != 0) codecs.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return codecs;
}

// Judges one MPD; lives for one call of InspectDash.
class DashInspector {
 public:
  DashInspector(const LoadedFile& file, const Surroundings& around)
      : file_(file),
        around_(around),
        findings_(around.findings),
        place_(Shown(around.root, file.location)) {}

  size_t Inspect() {
    mpd_ = playlist::ReadMpd(AsText(file_.bytes));
    for (const playlist::MpdProblem& problem : mpd_.problems) {
      findings_.Error("dash-syntax", At(problem.element), problem.what,
                      "ISO/IEC 23009-1 " + problem.section);
    }
    if (mpd_.dynamic) JudgeClocks(mpd_, file_.location, place_, around_);
    JudgePeriodContinuity(mpd_, place_, findings_);
    double start = 0;
    for (size_t i = 0; i < mpd_.periods.size(); ++i) {
      start = mpd_.periods[i].start.value_or(start);
      const auto duration = PeriodDuration(i, start);
      Period(mpd_.periods[i], start, duration);
      start += duration.value_or(0);
    }
    return representations_;
  }

 private:
  // @duration, or to the next @start, or to the end of the presentation.
  std::optional<double> PeriodDuration(size_t i, double start) {
    const ReadPeriod& period = mpd_.periods[i];
    if (period.duration) return period.duration;
    if (i + 1 < mpd_.periods.size()) {
      const auto& next = mpd_.periods[i + 1].start;
      if (next) return *next - start;
    } else if (mpd_.duration) {
      return *mpd_.duration - start;
    }
    if (!mpd_.dynamic) {
      findings_.Error("dash-duration", At(period.place),
                      "a static presentation whose duration nothing tells",
                      "ISO/IEC 23009-1 5.3.2.1");
    }
    return std::nullopt;
  }

  void Period(const ReadPeriod& period, double start,
              std::optional<double> duration) {
    PeriodSource source{period,   file_.location, place_,
                        duration, mpd_.dynamic,   {}};
    if (mpd_.available && mpd_.published) {
      const auto age = static_cast<double>(*mpd_.published - *mpd_.available);
      source.published = age / 1000 - start;
    }
    std::list<std::list<JudgedRepresentation>> sets;
    for (const ReadAdaptationSet& set : period.sets) {
      auto& judged = sets.emplace_back();
      for (const ReadRepresentation& told : set.representations) {
        if (told.mime_type.starts_with("image/")) {
          JudgeImages(MakeRendition(told, source, around_),
                      {told.width, told.height}, around_);
          continue;
        }
        judged.push_back({&told,
                          MakeRendition(told, source, around_),
                          {},
                          &period == &mpd_.periods.front(),
                          &period == &mpd_.periods.back()});
        Representation(judged.back(), duration);
        ++representations_;
      }
      Alignment(set, judged);
    }
    TrickPlay(period, sets);
    Together(sets);
  }

  void TrickPlay(const ReadPeriod& period,
                 const std::list<std::list<JudgedRepresentation>>& sets) {
    std::vector<TrickPlayRendition> videos;
    auto judged = sets.begin();
    for (const ReadAdaptationSet& set : period.sets) {
      for (const JudgedRepresentation& representation : *judged) {
        videos.push_back({&set, representation.told, &representation.measured});
      }
      ++judged;
    }
    JudgeTrickPlay(videos, place_, findings_);
  }

  void Representation(JudgedRepresentation& judged,
                      std::optional<double> duration) {
    judged.measured = Measure(judged.rendition, around_.store, around_.every);
    JudgeRendition(judged.measured, findings_);
    const ReadRepresentation& told = *judged.told;
    const std::string at = At(told.place);
    for (const MediaHeader* header : judged.measured.headers) {
      if (header != nullptr) {
        JudgeContentProtection(told, *header, around_.store.keys(), at,
                               findings_);
      }
    }
    const MeasuredRendition* const alone[] = {&judged.measured};
    JudgePromise(PromiseOf(told), alone, findings_);
    Bandwidth(judged);
    if (!mpd_.dynamic) Offset(judged);
    if (duration && !mpd_.dynamic) Coverage(judged, *duration);
  }

  Promise PromiseOf(const ReadRepresentation& told) const {
    Promise promise;
    promise.place = At(told.place);
    promise.codecs = SplitCodecs(told.codecs);
    promise.width = told.width;
    promise.height = told.height;
    promise.frame_rate = told.frame_rate;
    promise.colour = told.colour;
    promise.sample_rate = told.sample_rate;
    promise.codecs_clause = "ISO/IEC 23009-1 5.3.7.2; RFC 6381";
    promise.picture_clause = "ISO/IEC 23009-1 5.3.7.2";
    return promise;
  }

  // 5.3.5.2: over a channel of @bandwidth, after minBufferTime, a player never
  // runs dry, whichever segment it starts with. The surplus of a run of
  // segments over the channel must fit what was buffered before.
  void Bandwidth(const JudgedRepresentation& judged) {
    if (!judged.told->bandwidth || !mpd_.min_buffer_time) return;
    const auto channel = static_cast<double>(*judged.told->bandwidth);
    double surplus = 0;
    double worst = 0;
    for (size_t i = 0; i < judged.measured.segments.size(); ++i) {
      const MeasuredSegment* segment = judged.measured.segments[i];
      if (segment == nullptr) return;
      const double bits = 8.0 * static_cast<double>(segment->bytes);
      surplus = std::max(0.0, surplus) + bits -
                channel * judged.rendition.segments[i].duration;
      worst = std::max(worst, surplus);
    }
    if (worst <= channel * *mpd_.min_buffer_time * 1.005) return;
    findings_.Error(
        "bandwidth", At(judged.told->place),
        "@bandwidth " + InBitrate(channel) + " with @minBufferTime " +
            InSeconds(*mpd_.min_buffer_time) + " runs dry: it lacks " +
            InSeconds(worst / channel - *mpd_.min_buffer_time),
        "ISO/IEC 23009-1 5.3.5.2");
  }

  // The first segment must play when its period begins.
  void Offset(const JudgedRepresentation& judged) {
    const auto& segments = judged.rendition.segments;
    const MeasuredTrack* first = judged.measured.FirstMain();
    if (first == nullptr || judged.measured.segments.front() == nullptr ||
        judged.measured.segments.front()->Main() != first) {
      return;
    }
    const double begin = first->StartSeconds() - PeriodOrigin(judged);
    if (std::abs(begin) <= std::max(0.1, segments.front().duration / 2)) {
      return;
    }
    const double longest =
        std::ranges::max(segments, {}, &SegmentEntry::duration).duration;
    if (!judged.first && begin > 0 && begin < longest) {
      return PeriodGap(judged, "first", begin);  // it came back in a segment
    }
    findings_.Error("dash-offset", At(judged.told->place),
                    "its first segment plays " + InSeconds(begin) +
                        " into its Period: @presentationTimeOffset does not "
                        "fit the media",
                    "ISO/IEC 23009-1 5.3.9.2.2");
  }

  static double PeriodOrigin(const JudgedRepresentation& judged) {
    const auto& addressing = judged.told->addressing;
    return static_cast<double>(addressing.presentation_time_offset) /
           static_cast<double>(addressing.timescale);
  }

  void Coverage(const JudgedRepresentation& judged, double duration) {
    const MeasuredSegment* last = judged.measured.segments.empty()
                                      ? nullptr
                                      : judged.measured.segments.back();
    const MeasuredTrack* main = last == nullptr ? nullptr : last->Main();
    if (main == nullptr || main->kind == MediaKind::kText) return;
    const double end =
        main->StartSeconds() + main->PresentedSeconds() - PeriodOrigin(judged);
    const double allowed =
        std::max(1.0, judged.rendition.segments.front().duration);
    if (std::abs(end - duration) <= allowed) return;
    if (!judged.last && end < duration) {
      return PeriodGap(judged, "last", duration - end);
    }
    findings_.Error("dash-duration", At(judged.told->place),
                    "its media end at " + InSeconds(end) +
                        ", the MPD says that the Period lasts " +
                        InSeconds(duration),
                    "ISO/IEC 23009-1 5.3.2.1");
  }

  // What a live event has lost, or never had.
  void PeriodGap(const JudgedRepresentation& judged, const std::string& where,
                 double seconds) {
    findings_.Warning("dash-period-gap", At(judged.told->place),
                      "nothing is there of it for the " + where + " " +
                          InSeconds(seconds) + " of its Period",
                      "ISO/IEC 23009-1 5.3.2.1");
  }

  void Alignment(const ReadAdaptationSet& set,
                 const std::list<JudgedRepresentation>& judged) {
    std::vector<const MeasuredRendition*> measured;
    for (const JudgedRepresentation& representation : judged) {
      measured.push_back(&representation.measured);
    }
    JudgeAlignment(measured, set.segment_alignment,
                   set.segment_alignment
                       ? "ISO/IEC 23009-1 5.3.3.2 (@segmentAlignment)"
                       : "ISO/IEC 23000-19 7.3.4.1",
                   findings_);
    // What an event lost before its last Period is a gap of that Period; more
    // than a segment is missing from its Period, too: Coverage().
    if (mpd_.dynamic || judged.empty() || !judged.front().last) return;
    JudgeEnds(measured, std::nullopt, "ISO/IEC 23000-19 7.3.4.1", findings_);
  }

  void Together(const std::list<std::list<JudgedRepresentation>>& sets) {
    const MeasuredRendition* video = nullptr;
    for (const auto& set : sets) {
      for (const JudgedRepresentation& judged : set) {
        const bool is_video = judged.measured.Has(MediaKind::kVideo);
        if (video == nullptr && is_video) video = &judged.measured;
      }
    }
    if (video == nullptr) return;
    for (const auto& set : sets) {
      for (const JudgedRepresentation& judged : set) {
        if (!judged.measured.Has(MediaKind::kVideo) &&
            judged.measured.Has(MediaKind::kAudio)) {
          JudgeTogether(*video, judged.measured, findings_);
        }
      }
    }
  }

  std::string At(const std::string& element) const {
    return element.empty() ? place_ : place_ + " " + element;
  }

  const LoadedFile& file_;
  const Surroundings& around_;
  Findings& findings_;
  std::string place_;
  playlist::MpdDocument mpd_;
  size_t representations_ = 0;
};

}  // namespace

size_t InspectDash(const LoadedFile& file, const Surroundings& around) {
  return DashInspector(file, around).Inspect();
}

}  // namespace usher::inspect
