#include "packager/input/scan.h"

#include <algorithm>
#include <cmath>

#include "packager/track/media_time.h"
#include "packager/track/reorder_meter.h"

namespace usher {
namespace {

// H.264 reorders at most 16 pictures: once so many were presented, no picture
// from in front of the presentation's start can follow.
constexpr unsigned kMaxReorder = 16;

// Frames of sound in front of the first one to be heard that a decoder may
// need. An edit list can hide more; those would only delay the pictures.
constexpr int64_t kMaxPriming = 4;

// A file that ends earlier than its header says was cut short, unless the
// difference is what encoders get wrong.
constexpr double kMaxMissingSeconds = 3;

MediaTime Milliseconds(double seconds) {
  return {std::llround(seconds * 1000), 1000};
}

class Scanner {
 public:
  Scanner(MediaFile& file, std::span<const size_t> tracks, KeyTimes key_times,
          const std::function<void(double)>& progress);
  Result<std::vector<TrackScan>> Run();

 private:
  struct Findings {
    TrackScan scan;
    unsigned presented = 0;  // packets
    bool empty = true;
    int64_t first_duration = 0;
    ReorderMeter reorder;
  };

  const Track& TrackOf(const Findings& findings) const {
    return file_.tracks()[findings.scan.track].track;
  }
  bool IsVideo(const Findings& findings) const {
    return TrackOf(findings).kind == TrackKind::kVideo;
  }
  // Not that of a file whose first key frame is damaged: it is listed, too.
  bool uses_index() const {
    return file_.has_index() && key_times_ != KeyTimes::kFindAll &&
           !file_.left_out_pictures();
  }
  Status ReadPackets();
  Status ReadIndex();
  void Note(const Packet& packet);
  bool NoteChange(const Packet& packet, Findings& findings) const;
  bool HeadsAreComplete() const;
  Status Finish(Findings& findings) const;
  Status Refuse(const Findings& findings) const;
  static void LeaveOutSoundBefore(int64_t start, Findings& sound);
  Status CheckLength() const;

  MediaFile& file_;
  const KeyTimes key_times_;
  const std::function<void(double)>& progress_;
  std::vector<Findings> findings_;
};

Scanner::Scanner(MediaFile& file, std::span<const size_t> tracks,
                 KeyTimes key_times,
                 const std::function<void(double)>& progress)
    : file_(file), key_times_(key_times), progress_(progress) {
  for (const size_t track : tracks) {
    TrackScan& scan = findings_.emplace_back().scan;
    scan.track = track;
    scan.coded.push_back({0, file_.tracks()[track].track});
  }
  file_.Select(tracks);
}

Result<std::vector<TrackScan>> Scanner::Run() {
  Status read = ReadPackets();
  if (read && uses_index()) read = ReadIndex();
  if (!read) return std::unexpected(read.error());
  for (Findings& findings : findings_) {
    if (auto done = Finish(findings); !done) {
      return std::unexpected(done.error());
    }
  }
  for (const Findings& findings : findings_) {
    if (!IsVideo(findings) || !file_.left_out_pictures()) continue;
    const MediaTime start{findings.scan.first, TrackOf(findings).timescale};
    for (Findings& sound : findings_) {
      if (IsVideo(sound)) continue;
      LeaveOutSoundBefore(Rescale(start, TrackOf(sound).timescale), sound);
    }
  }
  std::vector<TrackScan> scans;
  scans.reserve(findings_.size());
  for (Findings& findings : findings_) {
    scans.push_back(std::move(findings.scan));
  }
  return scans;
}

// All of them, or only the first ones where an index tells the rest.
Status Scanner::ReadPackets() {
  while (!uses_index() || !HeadsAreComplete()) {
    const auto packet = file_.Read();
    if (!packet) return std::unexpected(packet.error());
    if (!*packet) break;
    Note(**packet);
    progress_(file_.Progress());
  }
  return CheckLength();
}

Status Scanner::CheckLength() const {
  const auto declared = file_.DeclaredSeconds();
  // A clock that jumped has told its length wrongly, too.
  if (!declared || file_.has_index() || file_.jumped()) return {};
  double read = 0;
  for (const Findings& findings : findings_) {
    const TrackScan& scan = findings.scan;
    // The length is told from the clock's zero, whenever the film begins.
    const int64_t begin = std::min<int64_t>(scan.first, 0);
    const MediaTime length{scan.end - begin, TrackOf(findings).timescale};
    read = std::max(read, length.Seconds());
  }
  if (*declared - read <= kMaxMissingSeconds) return {};
  return BadInput(file_.where(),
                  "is cut short: it should last " +
                      FormatSeconds(Milliseconds(*declared)) +
                      " and ends after " + FormatSeconds(Milliseconds(read)),
                  "copy or export it again");
}

Status Scanner::ReadIndex() {
  for (Findings& findings : findings_) {
    TrackScan& scan = findings.scan;
    if (const auto end = file_.DeclaredEnd(scan.track)) {
      scan.end = std::max(scan.end, end->ticks);
    }
    if (!IsVideo(findings) || key_times_ == KeyTimes::kKnown) continue;
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
  const bool replaced = NoteChange(packet, findings);
  if (findings.empty) {
    scan.first_read = packet.time;
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
  if (!IsVideo(findings)) return;
  findings.reorder.Add(packet.time, packet.key);
  if (packet.key) scan.key_times.push_back(packet.time);
  if (packet.discontinuity || replaced) scan.jumps.push_back(packet.time);
}

// Returns whether the decoder configuration was replaced. One in front of the
// first packet was never used.
bool Scanner::NoteChange(const Packet& packet, Findings& findings) const {
  if (packet.config_change == ConfigChange::kNone) return false;
  std::vector<TrackScan::Coded>& coded = findings.scan.coded;
  const bool replaced =
      packet.config_change == ConfigChange::kReplaced && !findings.empty;
  if (replaced) coded.push_back({packet.time, {}});
  coded.back().track = file_.CurrentTrack(findings.scan.track);
  return replaced;
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
  if (!IsVideo(findings) && file_.starts_at_zero()) {
    LeaveOutSoundBefore(-kMaxPriming * findings.first_duration, findings);
  }
  scan.reorder = findings.reorder.Depth();
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

void Scanner::LeaveOutSoundBefore(int64_t start, Findings& sound) {
  TrackScan& scan = sound.scan;
  if (scan.first >= start) return;
  const int64_t frame = std::max<int64_t>(sound.first_duration, 1);
  scan.not_before = start;
  scan.first += (start - scan.first) / frame * frame;
  scan.presented = std::max(scan.presented, scan.first);
}

}  // namespace

Result<std::vector<TrackScan>> ScanTracks(
    MediaFile& file, std::span<const size_t> tracks, KeyTimes key_times,
    const std::function<void(double)>& progress) {
  return Scanner(file, tracks, key_times, progress).Run();
}

}  // namespace usher
