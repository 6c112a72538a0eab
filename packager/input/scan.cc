#include "packager/input/scan.h"

#include <algorithm>

#include "packager/track/media_time.h"

namespace usher {
namespace {

// H.264 reorders at most 16 pictures: once so many were presented, no picture
// from in front of the presentation's start can follow.
constexpr unsigned kMaxReorder = 16;

class Scanner {
 public:
  Scanner(MediaFile& file, std::span<const size_t> tracks);
  Result<std::vector<TrackScan>> Run();

 private:
  struct Findings {
    TrackScan scan;
    unsigned presented = 0;  // packets
    bool empty = true;
    int64_t first_duration = 0;
  };

  const Track& TrackOf(const Findings& findings) const {
    return file_.tracks()[findings.scan.track].track;
  }
  bool IsVideo(const Findings& findings) const {
    return TrackOf(findings).kind == TrackKind::kVideo;
  }
  Status ReadPackets();
  Status ReadIndex();
  void Note(const Packet& packet);
  bool HeadsAreComplete() const;
  Status Finish(Findings& findings) const;
  Status Refuse(const Findings& findings) const;
  void LeaveOutSoundBefore(MediaTime start);

  MediaFile& file_;
  std::vector<Findings> findings_;
};

Scanner::Scanner(MediaFile& file, std::span<const size_t> tracks)
    : file_(file) {
  for (const size_t track : tracks) findings_.emplace_back().scan.track = track;
  file_.Select(tracks);
}

Result<std::vector<TrackScan>> Scanner::Run() {
  Status read = ReadPackets();
  if (read && file_.has_index()) read = ReadIndex();
  if (!read) return std::unexpected(read.error());
  for (Findings& findings : findings_) {
    if (auto done = Finish(findings); !done) {
      return std::unexpected(done.error());
    }
  }
  for (const Findings& findings : findings_) {
    if (IsVideo(findings) && file_.left_out_pictures()) {
      LeaveOutSoundBefore({findings.scan.first, TrackOf(findings).timescale});
    }
  }
  std::vector<TrackScan> scans;
  for (Findings& findings : findings_) {
    scans.push_back(std::move(findings.scan));
  }
  return scans;
}

// All of them, or only the first ones where an index tells the rest.
Status Scanner::ReadPackets() {
  while (!file_.has_index() || !HeadsAreComplete()) {
    const auto packet = file_.Read();
    if (!packet) return std::unexpected(packet.error());
    if (!*packet) break;
    Note(**packet);
  }
  return {};
}

Status Scanner::ReadIndex() {
  for (Findings& findings : findings_) {
    TrackScan& scan = findings.scan;
    if (const auto end = file_.DeclaredEnd(scan.track)) {
      scan.end = std::max(scan.end, end->ticks);
    }
    if (!IsVideo(findings)) continue;
    auto times = file_.ReadKeyTimes(scan.track);
    if (!times) return std::unexpected(times.error());
    scan.key_times = *std::move(times);
  }
  return {};
}

void Scanner::Note(const Packet& packet) {
  Findings& findings =
      *std::ranges::find(findings_, packet.track,
                         [](const Findings& each) { return each.scan.track; });
  TrackScan& scan = findings.scan;
  if (findings.empty) {
    scan.first = packet.time;
    scan.end = packet.time;
    findings.first_duration = packet.duration;
    findings.empty = false;
  }
  scan.first = std::min(scan.first, packet.time);
  scan.end = std::max(scan.end, packet.time + packet.duration);
  if (packet.presented) {
    ++findings.presented;
  } else {
    ++scan.preroll;
  }
  if (IsVideo(findings) && packet.key) scan.key_times.push_back(packet.time);
}

bool Scanner::HeadsAreComplete() const {
  return std::ranges::all_of(findings_, [](const Findings& findings) {
    return findings.presented > kMaxReorder;
  });
}

Status Scanner::Finish(Findings& findings) const {
  TrackScan& scan = findings.scan;
  if (findings.empty || (IsVideo(findings) && scan.key_times.empty())) {
    return Refuse(findings);
  }
  scan.presented =
      file_.starts_at_zero() ? std::max<int64_t>(scan.first, 0) : scan.first;
  return {};
}

Status Scanner::Refuse(const Findings& findings) const {
  if (!IsVideo(findings)) {
    return BadInput(file_.where(), "has a sound track without any sound",
                    "leave that track out: ffmpeg -i IN -an -c copy OUT.mp4");
  }
  return BadInput(
      file_.where(), "has no key frame (IDR picture) to start from",
      "encode it again: ffmpeg -i IN -c:v libx264 -c:a copy OUT.mp4");
}

void Scanner::LeaveOutSoundBefore(MediaTime start) {
  for (Findings& findings : findings_) {
    if (IsVideo(findings)) continue;
    TrackScan& scan = findings.scan;
    const int64_t frame = std::max<int64_t>(findings.first_duration, 1);
    const int64_t limit = Rescale(start, TrackOf(findings).timescale);
    if (scan.first >= limit) continue;
    scan.not_before = limit;
    scan.first += (limit - scan.first) / frame * frame;
    scan.presented = std::max(scan.presented, scan.first);
  }
}

}  // namespace

Result<std::vector<TrackScan>> ScanTracks(MediaFile& file,
                                          std::span<const size_t> tracks) {
  return Scanner(file, tracks).Run();
}

}  // namespace usher
