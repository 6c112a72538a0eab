#include "packager/inspect/measured.h"

#include <algorithm>

namespace usher::inspect {

const MeasuredTrack* MeasuredSegment::Main() const {
  for (const MediaKind kind :
       {MediaKind::kVideo, MediaKind::kAudio, MediaKind::kText}) {
    const auto found = std::ranges::find(tracks, kind, &MeasuredTrack::kind);
    if (found != tracks.end()) return &*found;
  }
  return nullptr;
}

std::set<keys::KeyId> MeasuredSegment::Kids() const {
  std::set<keys::KeyId> kids;
  for (const MeasuredTrack& track : tracks) {
    kids.insert(track.kids.begin(), track.kids.end());
  }
  return kids;
}

}  // namespace usher::inspect
