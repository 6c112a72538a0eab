#include "packager/live/live_tracks.h"

#include <algorithm>
#include <string>

#include "packager/track/language.h"

namespace usher::live {
namespace {

std::string NameFor(const Track& track) {
  if (track.kind == TrackKind::kVideo) {
    return "v" + std::to_string(track.height);
  }
  return "a-" + ThreeLetterLanguage(track.language);
}

}  // namespace

Status LiveTracks::Match(const LiveFeed& feed) {
  const bool first = tracks_.empty();
  lanes_.clear();
  event_tracks_.clear();
  feed_timescales_.clear();
  size_t seen[2] = {0, 0};  // of each kind
  for (const TrackKind kind : {TrackKind::kVideo, TrackKind::kAudio}) {
    for (size_t i = 0; i < feed.tracks().size(); ++i) {
      const InputTrack& track = feed.tracks()[i];
      if (track.problem || track.track.kind != kind) continue;
      if (first) tracks_.push_back(track.track);
      size_t rank = seen[static_cast<size_t>(kind)]++;
      const auto same = std::ranges::find_if(tracks_, [&](const Track& each) {
        return each.kind == kind && rank-- == 0;
      });
      if (same == tracks_.end()) continue;
      lanes_.push_back(i);
      event_tracks_.push_back(static_cast<size_t>(same - tracks_.begin()));
      feed_timescales_.push_back(track.track.timescale);
    }
  }
  if (!lanes_.empty()) return {};
  return BadInput(feed.where(), "has no pictures and no sound usher can take",
                  "publish H.264 and AAC");
}

void LiveTracks::Name() {
  for (Track& track : tracks_) {
    const std::string wanted = NameFor(track);
    std::string name = wanted;
    const auto taken = [&] {
      return std::ranges::find(tracks_, name, &Track::name) != tracks_.end();
    };
    for (int i = 2; taken(); ++i) name = wanted + "-" + std::to_string(i);
    track.name = name;
  }
}

bool LiveTracks::HasLane(size_t event_track) const {
  return std::ranges::find(event_tracks_, event_track) != event_tracks_.end();
}

std::optional<size_t> LiveTracks::LaneOf(size_t feed_track) const {
  const auto lane = std::ranges::find(lanes_, feed_track);
  if (lane == lanes_.end()) return std::nullopt;
  return static_cast<size_t>(lane - lanes_.begin());
}

std::vector<Track> LiveTracks::Configured(const LiveFeed& feed) const {
  std::vector<Track> configured;
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    const Track& event = tracks_[event_tracks_[lane]];
    Track track = feed.tracks()[lanes_[lane]].track;
    track.name = event.name;
    track.language = event.language;
    track.presentation_time_offset = event.presentation_time_offset;
    track.decode_delay = static_cast<uint32_t>(
        Rescale({track.decode_delay, track.timescale}, event.timescale));
    track.timescale = event.timescale;
    configured.push_back(std::move(track));
  }
  return configured;
}

const Track& LiveTracks::Keep(const Track& configured) {
  for (const Track& kept : kept_) {
    const bool same = kept.name == configured.name &&
                      kept.decoder_config == configured.decoder_config &&
                      kept.width == configured.width &&
                      kept.sample_rate == configured.sample_rate;
    if (same) return kept;
  }
  return kept_.emplace_back(configured);
}

void LiveTracks::ToEventTimescale(size_t lane, Packet& packet) const {
  const uint32_t from = feed_timescales_[lane];
  const uint32_t to = tracks_[event_tracks_[lane]].timescale;
  if (from == to) return;
  packet.time = Rescale(At(lane, packet.time), to);
  packet.duration = Rescale(At(lane, packet.duration), to);
}

double LiveTracks::OffsetSeconds() const {
  if (tracks_.empty()) return 0;
  const Track& track = tracks_.front();
  return MediaTime{static_cast<int64_t>(track.presentation_time_offset),
                   track.timescale}
      .Seconds();
}

}  // namespace usher::live
