#include "packager/manifest/dash_manifest.h"

#include <algorithm>
#include <utility>

#include "core/layout/layout.h"
#include "packager/manifest/audio_naming.h"
#include "packager/manifest/bandwidth.h"
#include "packager/manifest/segment_times.h"
#include "packager/mp4/init_segment.h"

namespace usher::manifest {
namespace {

// The order of a fraction's text is the schema's: "30000/1001", "25".
std::string FrameRate(const Track& track) {
  if (track.frame_rate_num == 0) return {};
  std::string rate = std::to_string(track.frame_rate_num);
  if (track.frame_rate_den != 1) {
    rate += "/" + std::to_string(track.frame_rate_den);
  }
  return rate;
}

playlist::SegmentTemplate TemplateOf(const TrackRecord& record) {
  playlist::SegmentTemplate segments;
  segments.timescale = record.track.timescale;
  segments.presentation_time_offset = record.track.presentation_time_offset;
  if (!record.segments.empty()) {
    segments.start_number = record.segments.front().number;
  }
  segments.initialization = record.directory + "/" + std::string(layout::kInit);
  segments.media = record.directory + "/$Number$." + record.extension;
  for (const SegmentRecord& segment : record.segments) {
    playlist::AppendToTimeline(segment.start, segment.duration,
                               segments.timeline);
  }
  return segments;
}

playlist::Representation RepresentationOf(const TrackRecord& record,
                                          double target) {
  const Track& track = record.track;
  playlist::Representation representation;
  representation.id = record.directory;
  representation.bandwidth = PeakBandwidth(record, target);
  representation.codecs = track.codecs;
  if (track.kind == TrackKind::kVideo) {
    representation.width = track.width;
    representation.height = track.height;
    representation.frame_rate = FrameRate(track);
    representation.sar =
        std::to_string(track.sar_num) + ":" + std::to_string(track.sar_den);
  } else {
    representation.sample_rate = track.sample_rate;
    representation.channels = track.channels;
  }
  representation.segments = TemplateOf(record);
  return representation;
}

std::optional<playlist::CommonEncryption> EncryptionOf(
    const TrackRecord& record) {
  if (!record.protection) return std::nullopt;
  playlist::CommonEncryption encryption;
  encryption.scheme = SchemeName(record.protection->scheme);
  encryption.default_kid = record.protection->default_kid.ToUuid();
  encryption.pssh = mp4::WriteCommonPssh(record.protection->default_kid);
  encryption.licence_url = layout::kLicencePlaceholder;
  return encryption;
}

// One adaptation set holds what a player may switch between, under one key.
playlist::AdaptationSet& SetFor(const TrackRecord& record,
                                std::vector<const TrackRecord*>& leaders,
                                std::vector<playlist::AdaptationSet>& sets) {
  const auto leader = std::ranges::find(
      leaders, record.kid, [](const TrackRecord* other) { return other->kid; });
  if (leader != leaders.end()) {
    return sets[static_cast<size_t>(leader - leaders.begin())];
  }
  leaders.push_back(&record);
  playlist::AdaptationSet& set = sets.emplace_back();
  set.content_type = "video";
  set.mime_type = "video/mp4";
  set.language = LanguageOf(record.track);
  set.role = record.track.role;
  set.encryption = EncryptionOf(record);
  return set;
}

void AddVideo(const Presentation& presentation, double target,
              std::vector<playlist::AdaptationSet>& sets) {
  std::vector<const TrackRecord*> leaders;
  for (const TrackRecord& record : presentation.tracks) {
    if (record.track.kind != TrackKind::kVideo) continue;
    SetFor(record, leaders, sets)
        .representations.push_back(RepresentationOf(record, target));
  }
}

// Each audio track is a set of its own: two of one language may be two mixes,
// and only the viewer may switch between those.
void AddAudio(const Presentation& presentation, double target,
              std::vector<playlist::AdaptationSet>& sets) {
  for (const AudioLabel& label : LabelAudio(presentation)) {
    const Track& track = label.record->track;
    playlist::AdaptationSet& set = sets.emplace_back();
    set.content_type = "audio";
    set.mime_type = "audio/mp4";
    set.language = LanguageOf(track);
    set.label = label.name;
    set.role = track.role.empty() && label.is_default ? "main" : track.role;
    set.encryption = EncryptionOf(*label.record);
    set.representations.push_back(RepresentationOf(*label.record, target));
  }
}

}  // namespace

playlist::Mpd BuildMpd(const Presentation& presentation) {
  playlist::Mpd mpd;
  mpd.duration = PresentationDuration(presentation);
  mpd.longest_segment = LongestSegment(presentation);
  const double target =
      std::chrono::duration<double>(mpd.longest_segment).count();
  AddVideo(presentation, target, mpd.sets);
  AddAudio(presentation, target, mpd.sets);
  return mpd;
}

}  // namespace usher::manifest
