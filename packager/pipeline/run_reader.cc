#include "packager/pipeline/run_reader.h"

#include <cstring>
#include <span>

namespace usher {

RunReader::RunReader(const PackagePlan& plan) : plan_(plan) {
  for (const PlannedTrack& track : plan.tracks) {
    timers_.emplace_back(track.track);
  }
}

Result<Fragment*> RunReader::Read(const SegmentRun& run) {
  Status done = ReadBytes(run);
  if (done) done = FilterSamples(run);
  if (!done) return std::unexpected(done.error());
  const FragmentTimer& timer = timers_[run.track];
  FragmentTimer::Place place = run.place;
  if (run.last) place.end = timer.EndOf(samples_);
  done = timer.Time(place, samples_, fragment_);
  if (!done) return std::unexpected(done.error());
  return &fragment_;
}

Status RunReader::ReadBytes(const SegmentRun& run) {
  const IndexedFile& file = plan_.indexes[plan_.tracks[run.track].input];
  fragment_.data.resize(run.bytes);
  std::span<uint8_t> rest = fragment_.data;
  mp4::SampleTable::Cursor sample = run.first;
  for (uint32_t i = 0; i < run.count;) {
    const uint64_t offset = sample->offset;
    size_t size = 0;
    for (; i < run.count && sample->offset == offset + size; ++i) {
      size += sample->size;
      sample.Next();
    }
    if (auto read = file.Read(offset, rest.first(size)); !read) return read;
    rest = rest.subspan(size);
  }
  return {};
}

// What is not kept, or not all of it, leaves a gap that is closed.
Status RunReader::FilterSamples(const SegmentRun& run) {
  const PlannedTrack& planned = plan_.tracks[run.track];
  const IndexedTrack& indexed =
      plan_.indexes[planned.input].track(planned.input_track);
  samples_.clear();
  fragment_.independent = true;
  std::span<uint8_t> rest = fragment_.data;
  size_t kept = 0;
  mp4::SampleTable::Cursor sample = run.first;
  for (uint32_t i = 0; i < run.count; ++i, sample.Next()) {
    const auto bytes = rest.first(sample->size);
    rest = rest.subspan(bytes.size());
    const int64_t time = indexed.TimeOf(*sample);
    const auto filtered = indexed.filter->Filter(bytes, time);
    if (!filtered) return std::unexpected(filtered.error());
    if (!filtered->kept) continue;
    uint8_t* target = fragment_.data.data() + kept;
    if (target != bytes.data()) {
      std::memmove(target, bytes.data(), filtered->size);
    }
    kept += filtered->size;
    fragment_.independent = fragment_.independent && !filtered->refers_back;
    samples_.push_back({time + planned.shift, indexed.last_duration,
                        filtered->size, filtered->key});
  }
  fragment_.data.resize(kept);
  return {};
}

}  // namespace usher
