#include "packager/pipeline/segment_source.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "packager/fragment/track_cutter.h"
#include "packager/pipeline/film_reader.h"
#include "packager/pipeline/run_reader.h"
#include "packager/pipeline/segment_run.h"
#include "packager/pipeline/worker_pool.h"
#include "packager/track/media_time.h"

namespace usher {
namespace {

// Of the file, that workers are to read; and in memory, that they are to write.
constexpr size_t kMaxPendingRuns = 16 << 20;
constexpr size_t kMaxPendingBytes = 6 << 20;
constexpr unsigned kMaxWorkers = 16;

Status ReadRuns(const PackagePlan& plan, const std::vector<SegmentRun>& runs,
                const SourceContext& context, const FragmentSink& sink) {
  std::vector<RunReader> readers(WorkerCount(), RunReader(plan));
  WorkerPool pool(WorkerCount(), kMaxPendingRuns);
  for (const SegmentRun& run : runs) {
    if (auto wanted = context.interrupt.Check(); !wanted) return wanted;
    auto submitted = pool.Submit(run.bytes, [&](size_t worker) -> Status {
      auto fragment = readers[worker].Read(run);
      if (!fragment) return std::unexpected(fragment.error());
      return sink(worker, run.track, **fragment);
    });
    if (!submitted) return submitted;
    const MediaTime begin{run.place.begin,
                          plan.tracks[run.track].track.timescale};
    context.progress.Report("packaging", begin.Seconds() / plan.seconds,
                            begin.Seconds());
  }
  auto finished = pool.Finish();
  if (finished) context.progress.Report("packaging", 1, plan.seconds);
  return finished;
}

// Packets of the whole film on their way to the workers.
class PacketReading {
 public:
  PacketReading(const PackagePlan& plan, const SourceContext& context,
                const FragmentSink& sink)
      : plan_(plan), context_(context), sink_(sink) {}
  Status Run();

 private:
  Status Submit(size_t track, Result<std::optional<Fragment>> fragment);
  void GiveMemory(TrackCutter& cutter);
  void KeepMemory(Bytes memory);

  const PackagePlan& plan_;
  const SourceContext& context_;
  const FragmentSink& sink_;
  std::mutex mutex_;
  std::vector<Bytes> used_;  // by workers, who are done with it
  WorkerPool pool_{WorkerCount(), kMaxPendingBytes};
};

Status PacketReading::Run() {
  auto film = FilmReader::Open(plan_, context_.interrupt);
  if (!film) return std::unexpected(film.error());
  std::vector<TrackCutter> cutters;
  cutters.reserve(plan_.tracks.size());
  for (const PlannedTrack& track : plan_.tracks) {
    cutters.emplace_back(track.track, track.cuts, track.shift);
  }
  while (true) {
    auto packet = film->Next();
    if (!packet) return std::unexpected(packet.error());
    if (!*packet) break;
    context_.progress.Report("packaging", film->seconds() / plan_.seconds,
                             film->seconds());
    const size_t track = (*packet)->track;
    if (cutters[track].wants_memory()) GiveMemory(cutters[track]);
    auto submitted = Submit(track, cutters[track].Add(**packet));
    if (!submitted) return submitted;
  }
  for (size_t track = 0; track < cutters.size();) {
    auto fragment = cutters[track].Finish();
    const bool finished = fragment && !*fragment;
    auto submitted = Submit(track, std::move(fragment));
    if (!submitted) return submitted;
    if (finished) ++track;
  }
  return pool_.Finish();
}

Status PacketReading::Submit(size_t track,
                             Result<std::optional<Fragment>> fragment) {
  if (!fragment) return std::unexpected(fragment.error());
  if (!*fragment) return {};
  const size_t bytes = (*fragment)->data.size();
  return pool_.Submit(bytes, [this, track, fragment = **std::move(fragment)](
                                 size_t worker) mutable {
    auto written = sink_(worker, track, fragment);
    KeepMemory(std::move(fragment.data));
    return written;
  });
}

void PacketReading::GiveMemory(TrackCutter& cutter) {
  const std::lock_guard lock(mutex_);
  if (used_.empty()) return;
  cutter.Reuse(std::move(used_.back()));
  used_.pop_back();
}

// Not much, so that a film of long segments does not fill the machine.
void PacketReading::KeepMemory(Bytes memory) {
  constexpr size_t kMost = 2;
  constexpr size_t kMostBytes = 4 << 20;
  const std::lock_guard lock(mutex_);
  if (used_.size() == kMost || memory.capacity() > kMostBytes) return;
  used_.push_back(std::move(memory));
}

}  // namespace

size_t WorkerCount() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMaxWorkers);
}

Status ReadFragments(const PackagePlan& plan, const SourceContext& context,
                     const FragmentSink& sink) {
  if (const auto runs = PlanRuns(plan)) {
    return ReadRuns(plan, *runs, context, sink);
  }
  return PacketReading(plan, context, sink).Run();
}

}  // namespace usher
