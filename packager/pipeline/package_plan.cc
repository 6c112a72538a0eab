#include "packager/pipeline/package_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "packager/fragment/loose_cut_plan.h"
#include "packager/input/media_file.h"
#include "packager/input/scan.h"
#include "packager/pipeline/decrypted_file.h"
#include "packager/pipeline/film_warnings.h"
#include "packager/pipeline/track_choice.h"
#include "packager/track/media_time.h"
#include "packager/track/timeline.h"

namespace usher {
namespace {

// A chosen track and what the scan found, times still on the input's clock.
struct ScannedTrack {
  ChosenTrack chosen;
  TrackScan scan;
  bool is_video() const { return chosen.track.kind == TrackKind::kVideo; }
  MediaTime At(int64_t ticks) const { return {ticks, chosen.track.timescale}; }
};

// Where the clock of a file without a zero of its own starts: at its first
// picture, so that renditions of one film start together.
MediaTime OriginOf(const std::vector<ScannedTrack>& tracks, size_t input) {
  MediaTime origin;
  bool found = false;
  for (const ScannedTrack& track : tracks) {
    if (track.chosen.input != input || found) continue;
    origin = track.At(track.scan.presented);
    found = track.is_video();
  }
  return origin;
}

void Move(TrackScan& scan, int64_t ticks) {
  scan.first += ticks;
  scan.presented += ticks;
  scan.end += ticks;
  for (int64_t& time : scan.key_times) time += ticks;
  for (int64_t& time : scan.jumps) time += ticks;
  for (TrackScan::Coded& coded : scan.coded) coded.time += ticks;
}

class Planner {
 public:
  Planner(const config::PackageOptions& options, Progress& progress,
          const Interrupt& interrupt)
      : options_(options), progress_(progress), interrupt_(interrupt) {}
  Result<PackagePlan> Run();

 private:
  Status OpenAll();
  Status Choose();
  Status Scan();
  Result<bool> ScanInput(size_t input);
  Result<std::vector<TrackScan>> ScanFile(size_t input,
                                          std::span<const size_t> tracks,
                                          KeyTimes key_times);
  static Result<bool> Complete(IndexedFile& index,
                               std::vector<TrackScan>& scans, MediaFile& file);
  static void TakeCoding(ScannedTrack& track);
  void Place();
  Status Cut();
  Status PlaceVariants(const CutPlan& cuts);
  Status AddTexts();
  std::optional<text::Time> TextShiftOf(size_t input) const;
  Result<CutPlan> CutVideo(std::span<const KeyFrames> renditions);
  void Warn(std::optional<std::string> text);

  const config::PackageOptions& options_;
  Progress& progress_;
  const Interrupt& interrupt_;
  std::vector<MediaFile> files_;
  std::vector<ScannedTrack> scanned_;
  PackagePlan plan_;
};

Result<PackagePlan> Planner::Run() {
  for (const auto step :
       {&Planner::OpenAll, &Planner::Choose, &Planner::Scan}) {
    if (auto done = (this->*step)(); !done) {
      return std::unexpected(done.error());
    }
  }
  Place();
  for (const auto step : {&Planner::Cut, &Planner::AddTexts}) {
    if (auto done = (this->*step)(); !done) {
      return std::unexpected(done.error());
    }
  }
  return std::move(plan_);
}

Status Planner::OpenAll() {
  const SpoolPlace spool{options_.spool_directory, options_.spool_limit};
  for (const config::InputSpec& input : options_.inputs) {
    auto file = OpenInput(input.path, spool, interrupt_);
    if (file) file = DecryptedFile(*std::move(file), options_.input_keys);
    if (!file) return std::unexpected(file.error());
    auto media = MediaFile::Open(*file, interrupt_);
    if (!media) return std::unexpected(media.error());
    plan_.files.push_back(*std::move(file));
    files_.push_back(*std::move(media));
  }
  return {};
}

Status Planner::Choose() {
  auto choice = ChooseTracks(options_.inputs, files_);
  if (!choice) return std::unexpected(choice.error());
  plan_.warnings = std::move(choice->warnings);
  for (ChosenTrack& chosen : choice->tracks) {
    scanned_.push_back({std::move(chosen), {}});
  }
  return {};
}

Status Planner::Scan() {
  bool indexed = true;
  for (size_t input = 0; input < files_.size(); ++input) {
    auto scanned = ScanInput(input);
    if (!scanned) return std::unexpected(scanned.error());
    indexed &= *scanned;
  }
  if (!indexed) plan_.indexes.clear();
  return {};
}

// Returns whether the input can be read by its index.
Result<bool> Planner::ScanInput(size_t input) {
  MediaFile& file = files_[input];
  std::vector<size_t> wanted;
  for (const ScannedTrack& track : scanned_) {
    if (track.chosen.input == input) wanted.push_back(track.chosen.input_track);
  }
  auto index = IndexedFile::Open(plan_.files[input], file, wanted);
  auto scans =
      ScanFile(input, wanted, index ? KeyTimes::kKnown : KeyTimes::kFind);
  bool recoded = false;
  if (scans && index) {
    const auto complete = Complete(*index, *scans, file);
    if (!complete) return std::unexpected(complete.error());
    recoded = !*complete;
  }
  if (scans && (recoded || file.recoded()) && file.has_index()) {
    // Only key frames were looked at.
    index.reset();
    auto again = MediaFile::Open(plan_.files[input], interrupt_);
    if (!again) return std::unexpected(again.error());
    file = *std::move(again);
    scans = ScanFile(input, wanted, KeyTimes::kFindAll);
  }
  if (!scans) return std::unexpected(scans.error());
  if (file.left_out_pictures()) {
    plan_.warnings.push_back(
        file.where() +
        ": its first pictures cannot be decoded, and are left out with their "
        "sound; it begins at the next key frame");
  }
  const bool indexed = index.has_value();
  if (index) plan_.indexes.push_back(*std::move(index));
  auto scan = scans->begin();
  for (ScannedTrack& track : scanned_) {
    if (track.chosen.input != input) continue;
    track.scan = std::move(*scan++);
    TakeCoding(track);
  }
  return indexed;
}

Result<std::vector<TrackScan>> Planner::ScanFile(size_t input,
                                                 std::span<const size_t> tracks,
                                                 KeyTimes key_times) {
  return ScanTracks(files_[input], tracks, key_times, [&](double fraction) {
    const auto of_all = static_cast<double>(files_.size());
    progress_.Report("checking",
                     (static_cast<double>(input) + fraction) / of_all, 0);
  });
}

// The index and the scan of one file tell each other what they lack. False
// where the file must be read packet by packet.
Result<bool> Planner::Complete(IndexedFile& index,
                               std::vector<TrackScan>& scans, MediaFile& file) {
  for (TrackScan& scan : scans) {
    auto learnt = index.LearnTimes(scan.track, scan.first_read, file);
    if (!learnt) return std::unexpected(learnt.error());
    if (file.tracks()[scan.track].track.kind != TrackKind::kVideo) continue;
    auto times = index.ReadKeyTimes(scan.track);
    if (!times) return std::unexpected(times.error());
    if (!*times) return false;
    scan.key_times = **std::move(times);
    scan.reorder = std::max(scan.reorder, index.ReorderOf(scan.track));
  }
  return true;
}

// The first coding is the track's. One decode delay for all keeps their clock.
void Planner::TakeCoding(ScannedTrack& track) {
  Track& chosen = track.chosen.track;
  if (!track.is_video()) return;
  chosen = CodedAs(std::move(chosen), track.scan.coded.front().track);
  for (const TrackScan::Coded& coded : track.scan.coded) {
    chosen.decode_delay =
        std::max(chosen.decode_delay, coded.track.decode_delay);
  }
  // Where one picture stands for longer, film and sound would start that late.
  const auto one_second = int64_t{chosen.timescale};
  chosen.decode_delay =
      std::max(chosen.decode_delay,
               static_cast<uint32_t>(std::min(track.scan.reorder, one_second)));
}

// Puts every track onto the presentation's clock.
void Planner::Place() {
  std::vector<int64_t> to_zero;
  for (ScannedTrack& track : scanned_) {
    const MediaTime origin = files_[track.chosen.input].starts_at_zero()
                                 ? MediaTime{}
                                 : OriginOf(scanned_, track.chosen.input);
    to_zero.push_back(-Rescale(origin, track.chosen.track.timescale));
  }
  std::vector<TrackStart> starts;
  for (size_t i = 0; i < scanned_.size(); ++i) {
    ScannedTrack& track = scanned_[i];
    Move(track.scan, to_zero[i]);
    // Pictures in front of an edit's start take one tick each (TrackCutter).
    const int64_t first = track.is_video()
                              ? track.scan.presented - track.scan.preroll -
                                    track.chosen.track.decode_delay
                              : track.scan.first;
    starts.push_back(
        {track.chosen.track.timescale, first, track.scan.presented});
  }
  const auto placements = PlaceTracks(starts);
  for (size_t i = 0; i < scanned_.size(); ++i) {
    ScannedTrack& track = scanned_[i];
    Move(track.scan, placements[i].shift);
    PlannedTrack planned;
    planned.track = track.chosen.track;
    planned.track.presentation_time_offset =
        placements[i].presentation_time_offset;
    planned.input = track.chosen.input;
    planned.input_track = track.chosen.input_track;
    planned.shift = to_zero[i] + placements[i].shift;
    planned.not_before = track.scan.not_before;
    plan_.tracks.push_back(std::move(planned));
    const int64_t shown =
        track.scan.end -
        static_cast<int64_t>(placements[i].presentation_time_offset);
    plan_.seconds = std::max(plan_.seconds, track.At(shown).Seconds());
  }
}

KeyFrames KeyFramesOf(const ScannedTrack& scanned) {
  const Track& track = scanned.chosen.track;
  const TrackScan& scan = scanned.scan;
  KeyFrames keys;
  keys.name = track.name;
  keys.codec = track.codec;
  keys.timescale = track.timescale;
  keys.end = scan.end;
  if (track.frame_rate_num != 0) {
    keys.frame_seconds =
        static_cast<double>(track.frame_rate_den) / track.frame_rate_num;
  }
  for (const int64_t time : scan.key_times) {
    if (time > scan.presented || keys.times.empty()) keys.times.push_back(time);
  }
  keys.jumps = scan.jumps;
  keys.times.front() =
      std::max(keys.times.front(), scan.presented - int64_t{scan.preroll});
  return keys;
}

CutPlan SoundOnly(const ScannedTrack& sound, double segment_seconds) {
  // Half a frame early: the first frame at or after that is the nearest one.
  constexpr int64_t kHalfFrame = 512;
  const int64_t start = sound.scan.presented -
                        Rescale({kHalfFrame, sound.chosen.track.sample_rate},
                                sound.chosen.track.timescale);
  return PlanSoundOnly(sound.At(start), segment_seconds);
}

Result<CutPlan> Planner::CutVideo(std::span<const KeyFrames> renditions) {
  auto cuts = PlanCuts(renditions, options_.segment_duration);
  if (cuts || !options_.allow_misaligned) return cuts;
  const Error& error = cuts.error();
  plan_.warnings.push_back(error.where + ": " + error.what +
                           "; players may stumble where they switch");
  return PlanLooseCuts(renditions, options_.segment_duration);
}

Status Planner::Cut() {
  std::vector<KeyFrames> renditions;
  for (const ScannedTrack& track : scanned_) {
    if (track.is_video()) renditions.push_back(KeyFramesOf(track));
    Warn(WarningOfProfile(track.chosen.track));
  }
  Result<CutPlan> cuts =
      renditions.empty()
          ? SoundOnly(scanned_.front(), options_.segment_duration)
          : CutVideo(renditions);
  if (!cuts) return std::unexpected(cuts.error());
  Warn(WarningOfEnds(renditions));
  for (const size_t boundary : cuts->jumps) plan_.jumps.push_back(boundary + 2);
  plan_.aligned = cuts->aligned;
  size_t rendition = 0;
  for (PlannedTrack& track : plan_.tracks) {
    track.cuts = track.track.kind == TrackKind::kVideo
                     ? VideoCuts(*cuts, rendition++)
                     : SoundCuts(*cuts, track.track.timescale);
  }
  plan_.segments = renditions.empty()
                       ? static_cast<size_t>(std::ceil(
                             plan_.seconds / options_.segment_duration))
                       : cuts->boundaries.size() + 1;
  const ScannedTrack& first = scanned_.front();
  const MediaTime start = first.At(static_cast<int64_t>(
      plan_.tracks.front().track.presentation_time_offset));
  MediaTime end = start;
  for (const ScannedTrack& track : scanned_) {
    end = std::max(end, track.At(track.scan.end));
  }
  plan_.segment_starts = SegmentStarts(*cuts, start, end);
  Warn(WarningOfLongSegments(*cuts, start, renditions,
                             options_.segment_duration));
  return PlaceVariants(*cuts);
}

void Planner::Warn(std::optional<std::string> text) {
  if (text) plan_.warnings.push_back(*std::move(text));
}

Status Planner::PlaceVariants(const CutPlan& cuts) {
  for (size_t i = 0; i < scanned_.size(); ++i) {
    const ScannedTrack& scanned = scanned_[i];
    PlannedTrack& planned = plan_.tracks[i];
    // Videos are in front, in the cut plan's order.
    for (const auto& coded : std::span(scanned.scan.coded).subspan(1)) {
      const std::vector<int64_t>& at = cuts.video_cuts[i];
      const auto cut = std::ranges::find(at, coded.time);
      const MediaTime shown =
          scanned.At(coded.time - static_cast<int64_t>(
                                      planned.track.presentation_time_offset));
      if (cut == at.end()) {
        return BadInput(planned.track.name,
                        "changes its parameter sets at " +
                            FormatSeconds(shown) + ", where no segment begins",
                        "leave --allow-misaligned out, or encode it in one "
                        "piece");
      }
      planned.variants.push_back({static_cast<uint64_t>(cut - at.begin()) + 2,
                                  CodedAs(planned.track, coded.track)});
    }
  }
  return {};
}

Status Planner::AddTexts() {
  std::vector<TextInput> inputs;
  for (size_t i = 0; i < files_.size(); ++i) {
    const auto shift = TextShiftOf(i);
    if (!files_[i].has_subtitles() || !shift) continue;
    inputs.push_back({plan_.files[i], *shift});
  }
  std::vector<std::string> names;
  names.reserve(plan_.tracks.size());
  for (const PlannedTrack& track : plan_.tracks) {
    names.push_back(track.track.name);
  }
  const text::Time end(std::llround(plan_.seconds * 1000));
  auto texts = PlanText(options_.subtitles, inputs, names, end, interrupt_);
  if (!texts) return std::unexpected(std::move(texts).error());
  plan_.texts = std::move(texts->texts);
  plan_.warnings.insert(plan_.warnings.end(), texts->warnings.begin(),
                        texts->warnings.end());
  return {};
}

// From the input's clock to the film's; nothing where none of it is used.
std::optional<text::Time> Planner::TextShiftOf(size_t input) const {
  const auto track =
      std::ranges::find(plan_.tracks, input, &PlannedTrack::input);
  if (track == plan_.tracks.end()) return std::nullopt;
  const auto offset =
      static_cast<int64_t>(track->track.presentation_time_offset);
  return text::Time(
      Rescale({track->shift - offset, track->track.timescale}, 1000));
}

}  // namespace

Result<PackagePlan> PlanPackage(const config::PackageOptions& options,
                                Progress& progress,
                                const Interrupt& interrupt) {
  return Planner(options, progress, interrupt).Run();
}

}  // namespace usher
