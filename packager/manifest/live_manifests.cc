#include "packager/manifest/live_manifests.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/layout/layout.h"
#include "packager/manifest/bandwidth.h"
#include "packager/manifest/dash_manifest.h"
#include "packager/manifest/hls_manifests.h"
#include "packager/manifest/segment_times.h"

namespace usher::manifest {
namespace {

using std::chrono::microseconds;

struct MasterName {
  KeyFormat format;
  std::string_view sliding;
  std::string_view beside;  // for all of the event, where the other slides
};
constexpr MasterName kIdentity = {KeyFormat::kIdentity, layout::kMaster,
                                  layout::kMasterEvent};
constexpr MasterName kClearKey = {KeyFormat::kClearKey, layout::kMasterClearKey,
                                  layout::kMasterEventClearKey};
constexpr MasterName kDrm = {KeyFormat::kDrm, layout::kMasterDrm,
                             layout::kMasterEventDrm};

// In which key formats playlists are written.
std::vector<MasterName> NamesOf(const Presentation& presentation) {
  const bool sample_encrypted = presentation.scheme == Scheme::kCbcs ||
                                presentation.scheme == Scheme::kCenc;
  std::vector<MasterName> names = {kIdentity};
  if (sample_encrypted) names.push_back(kClearKey);
  if (HasDrmKeys(presentation)) names.push_back(kDrm);
  return names;
}

// The first segment of the window, which every track begins at.
uint64_t FirstNumber(const Presentation& whole, microseconds window) {
  microseconds listed{};
  uint64_t first = 1;
  for (const TrackRecord& record : whole.tracks) {
    if (!record.HasSegments()) continue;
    first = std::max(first, record.First().number);
  }
  const TrackRecord& leading = whole.tracks.front();
  for (auto segment = leading.segments.rbegin();
       segment != leading.segments.rend(); ++segment) {
    listed += DurationOf(*segment, leading.track.timescale);
    if (listed >= window) return std::max(first, segment->number);
  }
  return first;
}

Presentation Newest(const Presentation& whole, microseconds window) {
  const std::chrono::seconds target(whole.live->target_duration);
  const microseconds listed = std::max<microseconds>(window, 3 * target);
  const uint64_t first = FirstNumber(whole, listed);
  Presentation newest;
  newest.event = whole.event;
  newest.scheme = whole.scheme;
  newest.depth = whole.depth;
  newest.breaks = whole.breaks;
  newest.began_at = whole.began_at;
  newest.date_shifts = whole.date_shifts;
  newest.drm = whole.drm;
  newest.init_drm = whole.init_drm;
  newest.live = whole.live;
  newest.live->sliding = true;
  newest.live->window = listed;
  for (const TrackRecord& record : whole.tracks) {
    TrackRecord& kept = newest.tracks.emplace_back();
    kept.track = record.track;
    kept.directory = record.directory;
    kept.extension = record.extension;
    kept.inits = record.inits;
    kept.captions = record.captions;
    kept.open = record.open;
    const auto begin = std::ranges::lower_bound(record.segments, first, {},
                                                &SegmentRecord::number);
    kept.segments.assign(begin, record.segments.end());
  }
  return newest;
}

// Time zero may lie years before an event with --epoch. Once it is a film it
// begins with its first segment, to the second: dates stay what they were.
void BeginWithFirst(Presentation& presentation) {
  const auto start =
      std::chrono::floor<std::chrono::seconds>(StartOf(presentation));
  if (start.count() <= 0) return;
  for (TrackRecord& record : presentation.tracks) {
    record.track.presentation_time_offset +=
        static_cast<uint64_t>(start.count()) * record.track.timescale;
  }
  if (presentation.began_at) *presentation.began_at += start;
}

Status StoreText(const StoreManifest& store, std::string_view path,
                 const std::string& text) {
  const ByteView piece = AsBytes(text);
  return store(std::string(path), {&piece, 1});
}

// As far back as there are parts, and a player finds its way back behind an
// origin that was away; all of the event once it has ended.
Status StoreLowLatencyMpd(const Presentation& whole,
                          const Presentation& everything,
                          const StoreManifest& store) {
  constexpr int kTargetsListed = 12;
  if (whole.live->part_target.count() == 0 || whole.live->rotates_keys) {
    return {};
  }
  const std::chrono::seconds target(whole.live->target_duration);
  return StoreText(
      store, layout::kMpdLowLatency,
      Write(BuildLowLatencyMpd(whole.live->ended
                                   ? everything
                                   : Newest(whole, kTargetsListed * target))));
}

// `listed`: as much of it as the MPD has.
Status StoreMpds(const Presentation& whole, const Presentation& listed,
                 const StoreManifest& store) {
  Status done;
  if (whole.HasMpd()) {
    done = StoreText(store, layout::kMpd, Write(BuildMpd(listed)));
    if (done) done = StoreLowLatencyMpd(whole, listed, store);
  }
  if (done && HasDrmMpd(whole)) {
    done = StoreText(store, layout::kMpdDrm, Write(BuildDrmMpd(listed)));
  }
  return done;
}

// With all segments at hand.
Result<Presentation> Everything(const Presentation& whole) {
  Presentation all = whole;
  for (TrackRecord& record : all.tracks) {
    const PastSegments past = std::exchange(record.past, PastSegments());
    std::vector<SegmentRecord> segments;
    segments.reserve(past.size() + record.segments.size());
    const auto read = past.ForEach(
        0, [&](const SegmentRecord& segment) { segments.push_back(segment); });
    if (!read) return std::unexpected(read.error());
    std::ranges::move(record.segments, std::back_inserter(segments));
    record.segments = std::move(segments);
  }
  return all;
}

Status StoreMpdsOfEverything(const Presentation& whole,
                             const StoreManifest& store) {
  if (!whole.HasMpd()) return {};
  auto all = Everything(whole);
  if (!all) return std::unexpected(all.error());
  if (whole.live->ended) BeginWithFirst(*all);
  return StoreMpds(whole, *all, store);
}

// Parts lie there for 21 target durations, and a restart looks at what is
// newest.
constexpr int kTargetsAtHand = 26;

// Some at a time, for the rest moves up.
Status RetireSegments(Presentation& whole, microseconds window) {
  constexpr size_t kAtLeast = 16;
  const uint64_t target = whole.live->target_duration;
  const uint64_t first = FirstNumber(
      whole, std::max<microseconds>(
                 window, kTargetsAtHand * std::chrono::seconds(target)));
  for (TrackRecord& record : whole.tracks) {
    std::vector<SegmentRecord>& segments = record.segments;
    const auto kept = std::ranges::find_if(segments, [&](const auto& segment) {
      return segment.number >= first || !segment.parts.empty();
    });
    const auto count = static_cast<size_t>(kept - segments.begin());
    if (count < kAtLeast) continue;
    size_t moved = 0;
    Status done;
    for (; done && moved < count; moved += done.has_value()) {
      done = record.past.Add(
          segments[moved],
          PeakOfRun(std::span(segments).subspan(moved), record.track.timescale,
                    static_cast<double>(target)));
    }
    segments.erase(segments.begin(),
                   segments.begin() + static_cast<std::ptrdiff_t>(moved));
    if (!done) return done;
  }
  return {};
}

}  // namespace

Status LiveManifests::Write(Presentation& whole,
                            const std::optional<microseconds>& window,
                            const StoreManifest& store) {
  for (TrackRecord& record : whole.tracks) {
    record.beside_sliding = window.has_value();
  }
  std::optional<Presentation> newest;
  Status done;
  if (window) {
    newest = Newest(whole, *window);
    done = StoreHls(*newest, store);
  }
  if (done) done = StoreHls(whole, store);
  if (!done) return done;
  if (whole.live->ended || !newest) {
    done = StoreMpdsOfEverything(whole, store);
  } else {
    done = StoreMpds(whole, *newest, store);
  }
  if (!done || whole.live->ended) return done;
  return RetireSegments(whole, window.value_or(microseconds{}));
}

Status LiveManifests::WriteParts(const Presentation& whole,
                                 const std::optional<microseconds>& window,
                                 const StoreManifest& store) {
  std::optional<Presentation> newest;
  if (window) newest = Newest(whole, *window);
  Status done;
  for (const MasterName& name : NamesOf(whole)) {
    done = StoreMedia(newest ? *newest : whole, name.format, store);
    if (!done) break;
  }
  return done;
}

Status LiveManifests::StoreHls(const Presentation& presentation,
                               const StoreManifest& store) {
  const bool beside =
      std::ranges::any_of(presentation.tracks, &TrackRecord::beside_sliding);
  Status done;
  for (const MasterName& name : NamesOf(presentation)) {
    done = StoreMedia(presentation, name.format, store);
    if (!done) break;
    done = StoreText(
        store, beside ? name.beside : name.sliding,
        playlist::Write(BuildMultivariantPlaylist(presentation, name.format)));
    if (!done) break;
  }
  return done;
}

Status LiveManifests::StoreMedia(const Presentation& presentation,
                                 KeyFormat format, const StoreManifest& store) {
  Status done;
  for (const TrackRecord& record : presentation.tracks) {
    done = presentation.live->sliding
               ? StoreText(store, MediaPlaylistPath(record, format),
                           playlist::Write(BuildMediaPlaylist(presentation,
                                                              record, format)))
               : StoreGrowing(presentation, record, format, store);
    if (!done) break;
  }
  return done;
}

Status LiveManifests::StoreGrowing(const Presentation& presentation,
                                   const TrackRecord& record, KeyFormat format,
                                   const StoreManifest& store) {
  const std::string path = MediaPlaylistPath(record, format);
  WrittenList& written = written_.try_emplace(path, directory_).first->second;
  const auto list = BuildGrowingPlaylist(presentation, record, format, written);
  if (!list) return std::unexpected(list.error());
  const auto before = written.text.Read(0);
  if (!before) return std::unexpected(before.error());
  const playlist::PlaylistText around = playlist::WriteAround(*list);
  const auto& [in_file, in_memory] = before->pieces;
  const std::array<ByteView, 4> pieces = {AsBytes(around.head), in_file,
                                          in_memory, AsBytes(around.tail)};
  return store(path, pieces);
}

}  // namespace usher::manifest
