#include "packager/manifest/dash_manifest.h"

#include <algorithm>
#include <utility>

#include "core/layout/layout.h"
#include "packager/manifest/audio_naming.h"
#include "packager/manifest/dash_representation.h"
#include "packager/manifest/segment_times.h"
#include "packager/manifest/text_naming.h"
#include "packager/manifest/thumbnail_manifests.h"
#include "packager/mp4/init_segment.h"

namespace usher::manifest {
namespace {

// What lies between two breaks: one Period.
struct Stretch {
  uint64_t first = 0;  // segment numbers: first to end - 1
  uint64_t end = UINT64_MAX;
  const Break* begins = nullptr;  // null: where the presentation does

  bool Holds(const SegmentRecord& segment) const {
    return segment.number >= first && segment.number < end;
  }
};

std::vector<Stretch> StretchesOf(const Presentation& presentation) {
  std::vector<Stretch> stretches(1);
  for (const Break& each : presentation.breaks) {
    stretches.back().end = each.number;
    stretches.push_back({.first = each.number, .begins = &each});
  }
  return stretches;
}

uint64_t OffsetOf(const Track& track, const Stretch& stretch) {
  if (stretch.begins == nullptr) return track.presentation_time_offset;
  return static_cast<uint64_t>(Rescale(stretch.begins->at, track.timescale));
}

// Whom an MPD speaks to.
enum class KeySystems { kClearKey, kDrm };

// What all periods of an MPD have in common.
struct Context {
  const Presentation& presentation;
  KeySystems systems;
  double target;
  bool sequences = false;  // segments are sequences of parts
};

// What is told before it is there: as long as what was last.
constexpr uint64_t kSegmentsAhead = 2;

void AddSequences(const TrackRecord& record, const Stretch& stretch,
                  bool goes_on, playlist::SegmentTemplate& segments) {
  segments.media =
      record.directory + "/$Number$.$SubNumber$." + record.extension;
  const SegmentRecord* last = nullptr;
  bool whole = true;  // up to here
  for (const SegmentRecord& segment : record.segments) {
    if (!stretch.Holds(segment)) continue;
    if (segment.gap || segment.parts.empty()) {
      whole = false;
      continue;
    }
    // Numbers are counted from the first one: nothing may be left out.
    if (!whole) segments.timeline.clear();
    whole = true;
    if (segments.timeline.empty()) segments.start_number = segment.number;
    playlist::AppendToTimeline(segment.start, segment.duration,
                               segments.timeline, segment.parts.size());
    last = &segment;
  }
  if (last == nullptr) return;
  const std::chrono::microseconds duration =
      DurationOf(*last, record.track.timescale);
  const uint64_t parts = last->parts.size();
  segments.availability_offset = duration * (parts - 1) / parts;
  if (!goes_on || !whole) return;
  uint64_t start = last->start;
  for (uint64_t i = 0; i < kSegmentsAhead; ++i) {
    start += last->duration;
    playlist::AppendToTimeline(start, last->duration, segments.timeline, parts);
  }
}

playlist::SegmentTemplate TemplateOf(const TrackRecord& record,
                                     const InitRecord& init,
                                     const Stretch& stretch,
                                     const Context& context) {
  playlist::SegmentTemplate segments;
  segments.timescale = record.track.timescale;
  segments.presentation_time_offset = OffsetOf(record.track, stretch);
  segments.initialization = record.directory + "/" + init.file;
  if (context.sequences) {
    const auto& live = context.presentation.live;
    const bool goes_on = stretch.end == UINT64_MAX && live && !live->waits;
    AddSequences(record, stretch, goes_on, segments);
    return segments;
  }
  segments.media = record.directory + "/$Number$." + record.extension;
  // Numbers are counted from the first one, and players know no S@n: a gap
  // between segments would be told as if it were there. Live events begin
  // another Period behind each.
  std::vector<const SegmentRecord*> told;
  size_t present = 0;
  for (const SegmentRecord& segment : record.segments) {
    if (!stretch.Holds(segment) || (segment.gap && told.empty())) continue;
    told.push_back(&segment);
    if (!segment.gap) present = told.size();
  }
  told.resize(present);
  if (!told.empty()) segments.start_number = told.front()->number;
  for (const SegmentRecord* segment : told) {
    playlist::AppendToTimeline(segment->start, segment->duration,
                               segments.timeline);
  }
  return segments;
}

std::optional<playlist::SingleFile> SingleFileOf(const TrackRecord& record) {
  if (!record.single_file) return std::nullopt;
  const SingleFile& from = *record.single_file;
  playlist::SingleFile file;
  file.url = record.directory + "/" + from.name;
  file.timescale = record.track.timescale;
  file.presentation_time_offset = record.track.presentation_time_offset;
  file.initialization = {0, from.init_bytes};
  file.index = {from.init_bytes, from.index_bytes};
  return file;
}

bool IsInMpd(const DrmSignal& signal) {
  return !signal.pssh.empty() || !signal.playready_object.empty();
}

std::vector<playlist::DrmDescriptor> DrmOf(const DrmSignals& signals) {
  std::vector<playlist::DrmDescriptor> drm;
  for (const DrmSignal& signal : signals) {
    if (!IsInMpd(signal)) continue;
    drm.push_back({signal.system_id, signal.value, signal.pssh,
                   signal.playready_object, signal.licence_url});
  }
  return drm;
}

std::optional<playlist::CommonEncryption> EncryptionOf(
    const Presentation& presentation, const InitRecord& init,
    KeySystems systems) {
  if (!init.protection) return std::nullopt;
  const keys::KeyId& kid = init.protection->default_kid;
  playlist::CommonEncryption encryption;
  encryption.scheme = SchemeName(init.protection->scheme);
  encryption.default_kid = kid.ToUuid();
  if (systems == KeySystems::kClearKey) {
    encryption.clear_key = {mp4::WriteCommonPssh(*init.protection),
                            std::string(layout::kLicencePlaceholder)};
  } else if (const auto found = presentation.init_drm.find(kid);
             found != presentation.init_drm.end()) {
    encryption.drm = DrmOf(found->second);
  }
  return encryption;
}

// The tracks of one adaptation set, and what it says in every period.
struct SetPlan {
  std::vector<const TrackRecord*> records;
  playlist::AdaptationSet set;
  unsigned max_playout_rate = 0;  // trick play; else 0
};

bool HaveSameKeys(const TrackRecord& a, const TrackRecord& b) {
  const auto kid = [](const InitRecord& init) -> std::optional<keys::KeyId> {
    if (!init.protection) return std::nullopt;
    return init.protection->default_kid;
  };
  return std::ranges::equal(a.inits, b.inits, {}, kid, kid);
}

// A decoder that keeps up with the video keeps up with as many of its key
// pictures: one a segment.
unsigned PlayoutRateOf(const TrackRecord& video) {
  const Track& track = video.track;
  if (track.frame_rate_num == 0 || video.segments.empty()) return 1;
  uint64_t ticks = 0;
  for (const SegmentRecord& segment : video.segments) ticks += segment.duration;
  const double seconds = static_cast<double>(ticks) / track.timescale /
                         static_cast<double>(video.segments.size());
  return std::max(1U, static_cast<unsigned>(seconds * track.frame_rate_num /
                                            track.frame_rate_den));
}

// One adaptation set holds what a player may switch between: one codec, with
// the same colours, under one key.
void PlanVideo(const Presentation& presentation, std::vector<SetPlan>& plans) {
  for (const TrackRecord& record : presentation.tracks) {
    if (record.track.kind != TrackKind::kVideo) continue;
    const auto same = std::ranges::find_if(plans, [&](const SetPlan& plan) {
      const TrackRecord& other = *plan.records.front();
      return other.track.codec == record.track.codec &&
             other.track.colour == record.track.colour &&
             HaveSameKeys(other, record);
    });
    SetPlan& plan = same != plans.end() ? *same : plans.emplace_back();
    plan.records.push_back(&record);
    if (plan.records.size() > 1) continue;
    plan.set.content_type = "video";
    plan.set.aligned = presentation.aligned;
    plan.set.mime_type = "video/mp4";
    plan.set.language = LanguageOf(record.track);
    plan.set.role = record.track.role;
    DescribeColour(record.track.colour, plan.set);
  }
}

// Each audio track is a set of its own: two of one language may be two mixes,
// and only the viewer may switch between those.
void PlanAudio(const Presentation& presentation, std::vector<SetPlan>& plans) {
  for (const AudioLabel& label : LabelAudio(presentation)) {
    const Track& track = label.record->track;
    SetPlan& plan = plans.emplace_back();
    plan.records.push_back(label.record);
    plan.set.content_type = "audio";
    plan.set.mime_type = "audio/mp4";
    plan.set.language = LanguageOf(track);
    plan.set.label = label.name;
    plan.set.role =
        track.role.empty() && label.is_default ? "main" : track.role;
  }
}

// Text is clear also beside encrypted tracks: nothing in a set says otherwise.
void PlanText(const Presentation& presentation, std::vector<SetPlan>& plans) {
  for (const TextLabel& label : LabelText(presentation)) {
    const TrackRecord& record = label.record->dash;
    SetPlan& plan = plans.emplace_back();
    plan.records.push_back(&record);
    plan.set.content_type = "text";
    plan.set.mime_type = "application/mp4";
    plan.set.language = LanguageOf(record.track);
    plan.set.label = label.name;
    plan.set.role = record.track.role;
  }
}

// DASH-IF IOP 4.3, 3.2.9: a set that no player shows at normal speed. Each is
// of the set that holds its video.
void PlanTrickPlay(const Presentation& presentation,
                   std::vector<SetPlan>& plans) {
  for (const TrickPlayRecord& trick : presentation.trick_plays) {
    const auto main = std::ranges::find_if(plans, [&](const SetPlan& plan) {
      return std::ranges::any_of(plan.records, [&](const TrackRecord* record) {
        return record->directory == trick.of;
      });
    });
    const auto index = main - plans.begin();
    SetPlan plan;
    plan.records.push_back(&trick.pictures);
    plan.set.content_type = "video";
    plan.set.mime_type = "video/mp4";
    plan.set.language = main->set.language;
    plan.set.essential = main->set.essential;
    plan.set.supplemental = main->set.supplemental;
    plan.set.essential.push_back(
        {"http://dashif.org/guidelines/trickmode", std::to_string(index + 1)});
    plan.max_playout_rate = PlayoutRateOf(*main->records.front());
    plans.push_back(std::move(plan));
  }
}

// Without representations where no track has segments in the stretch.
playlist::AdaptationSet SetOf(const SetPlan& plan, const Stretch& stretch,
                              const Context& context) {
  playlist::AdaptationSet set = plan.set;
  for (const TrackRecord* record : plan.records) {
    const auto segment =
        std::ranges::find_if(record->segments, [&](const SegmentRecord& each) {
          return stretch.Holds(each) && !each.gap;
        });
    if (segment == record->segments.end()) continue;
    const InitRecord& init = record->inits.at(segment->init);
    if (set.representations.empty()) {
      set.encryption =
          EncryptionOf(context.presentation, init, context.systems);
    }
    const unsigned type = SapTypeOf(*record);
    const bool none = type == 0 || set.sap_type == 0;
    set.sap_type = none ? 0 : std::max(set.sap_type, type);
    set.representations.push_back(
        RepresentationOf(*record, init, context.target));
    playlist::Representation& representation = set.representations.back();
    representation.segments = TemplateOf(*record, init, stretch, context);
    representation.single_file = SingleFileOf(*record);
    representation.max_playout_rate = plan.max_playout_rate;
    representation.all_intra = plan.max_playout_rate != 0;
  }
  return set;
}

bool Contains(const playlist::Period& period, uint64_t set_id) {
  return std::ranges::find(period.sets, set_id, &playlist::AdaptationSet::id) !=
         period.sets.end();
}

// Where the last of its segments ends, from the presentation's start.
std::chrono::microseconds EndOf(const Presentation& presentation,
                                const Stretch& stretch) {
  std::chrono::microseconds end{};
  for (const TrackRecord& record : presentation.tracks) {
    for (const SegmentRecord& segment : record.segments) {
      if (!stretch.Holds(segment) || segment.gap) continue;
      const MediaTime at{static_cast<int64_t>(segment.start + segment.duration),
                         record.track.timescale};
      end = std::max(end, TimeOf(presentation, at));
    }
  }
  return end;
}

playlist::LiveTiming TimingOf(const Presentation& presentation,
                              const LiveState& live) {
  const std::chrono::seconds target(live.target_duration);
  playlist::LiveTiming timing;
  timing.availability_start = presentation.began_at.value_or(live.published);
  timing.published = live.published;
  timing.update_period = LongestSegment(presentation) / 2;
  // As far as HLS players stay behind (rfc8216bis 6.3.3).
  timing.suggested_delay = 3 * target;
  timing.clock_uri = layout::ClockUri(presentation.depth);
  if (live.sliding) timing.window = live.window;
  return timing;
}

playlist::Period PeriodOf(const Stretch& stretch,
                          const std::vector<SetPlan>& plans,
                          const playlist::Period* before,
                          const Context& context) {
  playlist::Period period;
  for (const SetPlan& plan : plans) {
    playlist::AdaptationSet set = SetOf(plan, stretch, context);
    if (set.representations.empty()) continue;
    if (before != nullptr &&
        stretch.begins->kind == Break::Kind::kCryptoPeriod &&
        Contains(*before, set.id)) {
      set.continues_period = before->id;
    }
    period.sets.push_back(std::move(set));
  }
  return period;
}

// Parts are asked for as soon as they are there: players may be three of them
// behind, as in HLS.
void MakeLowLatency(std::chrono::milliseconds part,
                    playlist::LiveTiming& timing, playlist::Mpd& mpd) {
  mpd.min_buffer = part;
  timing.suggested_delay = 3 * part;
  timing.target_latency = 5 * part / 2;
}

playlist::Mpd Build(const Presentation& presentation, KeySystems systems,
                    bool sequences = false) {
  playlist::Mpd mpd;
  mpd.duration = PresentationDuration(presentation);
  mpd.longest_segment = LongestSegment(presentation);
  const Context context{
      presentation, systems,
      std::chrono::duration<double>(mpd.longest_segment).count(), sequences};
  std::vector<SetPlan> plans;
  PlanVideo(presentation, plans);
  PlanAudio(presentation, plans);
  PlanText(presentation, plans);
  PlanTrickPlay(presentation, plans);
  for (size_t i = 0; i < plans.size(); ++i) plans[i].set.id = i + 1;
  size_t number = 0;  // a period keeps its own when others left the window
  for (const Stretch& stretch : StretchesOf(presentation)) {
    const playlist::Period* before =
        mpd.periods.empty() ? nullptr : &mpd.periods.back();
    playlist::Period period = PeriodOf(stretch, plans, before, context);
    ++number;
    if (period.sets.empty()) continue;
    period.id = std::to_string(number);
    if (stretch.begins != nullptr) {
      period.start = TimeOf(presentation, stretch.begins->at);
    }
    const bool last = stretch.end == UINT64_MAX;
    if (presentation.live && !last) {
      // The next one may begin later than this one ends.
      period.duration = EndOf(presentation, stretch) - period.start;
    }
    if (presentation.thumbnails) {
      period.sets.push_back(
          ThumbnailSet(*presentation.thumbnails, period.start));
      period.sets.back().id = plans.size() + 1;
    }
    mpd.periods.push_back(std::move(period));
  }
  if (presentation.live && !presentation.live->ended) {
    playlist::LiveTiming timing = TimingOf(presentation, *presentation.live);
    if (sequences) {
      MakeLowLatency(presentation.live->part_target, timing, mpd);
    }
    mpd.live = timing;
  }
  return mpd;
}

}  // namespace

playlist::Mpd BuildMpd(const Presentation& presentation) {
  return Build(presentation, KeySystems::kClearKey);
}

playlist::Mpd BuildDrmMpd(const Presentation& presentation) {
  return Build(presentation, KeySystems::kDrm);
}

playlist::Mpd BuildLowLatencyMpd(const Presentation& presentation) {
  const bool goes_on = presentation.live && !presentation.live->ended;
  return Build(presentation, KeySystems::kClearKey, goes_on);
}

bool HasDrmMpd(const Presentation& presentation) {
  return presentation.HasMpd() &&
         std::ranges::any_of(presentation.init_drm, [](const auto& of_kid) {
           return std::ranges::any_of(of_kid.second, IsInMpd);
         });
}

}  // namespace usher::manifest
