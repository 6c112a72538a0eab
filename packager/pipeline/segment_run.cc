#include "packager/pipeline/segment_run.h"

#include <algorithm>
#include <utility>

#include "packager/fragment/track_cutter.h"
#include "packager/track/media_time.h"

namespace usher {
namespace {

using mp4::SampleTable;

class RunPlanner {
 public:
  RunPlanner(const PackagePlan& plan, size_t track)
      : track_(track),
        planned_(plan.tracks[track]),
        file_(plan.indexes[planned_.input]),
        indexed_(file_.track(planned_.input_track)) {}

  // Nothing where only TrackCutter can go on.
  std::optional<std::vector<SegmentRun>> Run();

 private:
  bool IsVideo() const { return planned_.track.kind == TrackKind::kVideo; }
  // False where TrackCutter would refuse.
  bool Add(const SampleTable::Cursor& sample);
  bool Close();
  bool IsLeftOut(const mp4::TableSample& sample) const;
  bool BeginsSegment(const mp4::TableSample& sample, int64_t time) const;
  int64_t NextBoundary() const {
    return planned_.cuts.Boundary(runs_.empty() ? 0 : runs_.size() - 1);
  }

  size_t track_;
  const PlannedTrack& planned_;
  const IndexedFile& file_;
  const IndexedTrack& indexed_;
  std::vector<SegmentRun> runs_;  // the last one is open
  int64_t key_time_ = 0;          // of its first sample in decode order
  int64_t first_time_ = 0;        // and in presentation order
  bool leading_ = true;  // nothing came yet that is presented behind the key
};

std::optional<std::vector<SegmentRun>> RunPlanner::Run() {
  SampleTable::Cursor sample = indexed_.first;
  for (uint32_t i = 0; i < indexed_.count; ++i, sample.Next()) {
    if (!Add(sample)) return std::nullopt;
  }
  if (runs_.empty() || !Close() ||
      (IsVideo() && runs_.size() != planned_.cuts.at.size() + 1)) {
    return std::nullopt;
  }
  runs_.back().last = true;
  return std::move(runs_);
}

bool RunPlanner::Add(const SampleTable::Cursor& sample) {
  const int64_t time = indexed_.TimeOf(*sample) + planned_.shift;
  if (IsLeftOut(*sample)) return runs_.empty();
  if (runs_.empty() || BeginsSegment(*sample, time)) {
    if (!runs_.empty() && !Close()) return false;
    SegmentRun run{.track = track_, .first = sample};
    run.place.number = runs_.size() + 1;
    runs_.push_back(std::move(run));
    first_time_ = key_time_ = time;
    leading_ = true;
  }
  if (!IsVideo() && time >= NextBoundary()) return false;
  leading_ = leading_ && time <= key_time_;
  if (time < first_time_ && !leading_) return false;
  first_time_ = std::min(first_time_, time);
  SegmentRun& run = runs_.back();
  ++run.count;
  run.bytes += sample->size;
  return run.bytes <= TrackCutter::kMaxFragmentSize;
}

// Now that all of the open run's samples are known, it is clear where it
// begins: at its key picture, or at the first that leads it.
bool RunPlanner::Close() {
  SegmentRun& run = runs_.back();
  if (runs_.size() == 1) return true;
  if (first_time_ < key_time_) {
    const auto kind = file_.ReadKind(indexed_, *run.first);
    if (!kind || *kind == KeyKind::kPlain) return false;
  }
  run.place.begin = first_time_;
  runs_[runs_.size() - 2].place.end = first_time_;
  return true;
}

// Only in front of everything else, for times rise.
bool RunPlanner::IsLeftOut(const mp4::TableSample& sample) const {
  return planned_.not_before &&
         indexed_.TimeOf(sample) + sample.duration <= *planned_.not_before;
}

bool RunPlanner::BeginsSegment(const mp4::TableSample& sample,
                               int64_t time) const {
  return IsVideo() ? sample.sync && time == NextBoundary()
                   : time >= NextBoundary();
}

MediaTime BeginOf(const PackagePlan& plan, const SegmentRun& run) {
  return {run.place.begin, plan.tracks[run.track].track.timescale};
}

}  // namespace

std::optional<std::vector<SegmentRun>> PlanRuns(const PackagePlan& plan) {
  if (plan.indexes.empty()) return std::nullopt;
  std::vector<SegmentRun> all;
  for (size_t track = 0; track < plan.tracks.size(); ++track) {
    auto runs = RunPlanner(plan, track).Run();
    if (!runs) return std::nullopt;
    all.insert(all.end(), runs->begin(), runs->end());
  }
  std::ranges::stable_sort(all, [&](const SegmentRun& a, const SegmentRun& b) {
    return BeginOf(plan, a) < BeginOf(plan, b);
  });
  return all;
}

}  // namespace usher
