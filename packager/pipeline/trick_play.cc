#include "packager/pipeline/trick_play.h"

#include <algorithm>
#include <utility>

namespace usher {
namespace {

uint64_t PixelsOf(const Track& track) {
  return uint64_t{track.width} * track.height;
}

bool IsIn(const KeyGroup& group, size_t track) {
  return std::ranges::find(group.tracks, track) != group.tracks.end();
}

// Cut so that it is a track's name (core/layout), and not another one's.
std::string FreeName(const std::string& video,
                     std::span<const PlannedTrack> tracks) {
  constexpr size_t kRoom = 50;
  const std::string base = video.substr(0, kRoom) + "-trick";
  std::string name = base;
  const auto is_taken = [&] {
    return std::ranges::any_of(tracks, [&](const PlannedTrack& planned) {
      return planned.track.name == name;
    });
  };
  for (int i = 2; is_taken(); ++i) name = base + "-" + std::to_string(i);
  return name;
}

Track TrackOf(const Track& video, std::string name) {
  Track track = video;
  track.name = std::move(name);
  track.frame_rate_num = 0;
  track.frame_rate_den = 1;
  track.decode_delay = 0;
  return track;
}

}  // namespace

std::vector<TrickPlay> PlanTrickPlay(std::span<const PlannedTrack> tracks,
                                     std::span<KeyGroup> groups) {
  std::vector<TrickPlay> tricks;
  for (KeyGroup& group : groups) {
    std::vector<size_t> smallest;  // one a codec and colour
    for (size_t i = 0; i < tracks.size(); ++i) {
      const Track& track = tracks[i].track;
      if (track.kind != TrackKind::kVideo || !IsIn(group, i)) continue;
      const auto same = std::ranges::find_if(smallest, [&](size_t other) {
        return tracks[other].track.codec == track.codec &&
               tracks[other].track.colour == track.colour;
      });
      if (same == smallest.end()) {
        smallest.push_back(i);
      } else if (PixelsOf(track) < PixelsOf(tracks[*same].track)) {
        *same = i;
      }
    }
    for (const size_t video : smallest) {
      std::string name = FreeName(tracks[video].track.name, tracks);
      group.names.push_back(name);
      TrickPlay trick{TrackOf(tracks[video].track, std::move(name)), video};
      for (const TrackVariant& variant : tracks[video].variants) {
        trick.variants.push_back(
            {variant.first_number, CodedAs(trick.track, variant.track)});
      }
      tricks.push_back(std::move(trick));
    }
  }
  return tricks;
}

std::optional<Fragment> KeyPictureOf(const Fragment& fragment) {
  const Sample& first = fragment.samples.front();
  const uint64_t duration = fragment.Duration();
  if (!first.key || duration > UINT32_MAX) return std::nullopt;
  Fragment picture;
  picture.number = fragment.number;
  picture.decode_time = fragment.StartTime();
  picture.samples.push_back(
      {first.size, static_cast<uint32_t>(duration), 0, true});
  picture.data.assign(fragment.data.begin(),
                      fragment.data.begin() + first.size);
  return picture;
}

}  // namespace usher
