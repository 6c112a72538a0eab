#include "packager/pipeline/indexed_file.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "packager/track/reorder_meter.h"

namespace usher {
namespace {

using mp4::SampleTable;
using mp4::TableSample;

// libavformat's bounds: what lies beyond is damage, which it tells of.
constexpr uint32_t kMaxSampleSize = 64 << 20;
constexpr int64_t kMaxSeconds = 1'000'000'000;

// Where the first picture of a sample usually is.
constexpr size_t kHead = 4096;

bool IsSane(const TableSample& sample, uint64_t file_size, uint32_t timescale) {
  return sample.size > 0 && sample.size <= kMaxSampleSize &&
         sample.offset <= file_size &&
         sample.size <= file_size - sample.offset &&
         std::abs(sample.time()) / timescale < kMaxSeconds;
}

// The table's samples from the first one that libavformat's index lists on;
// nothing unless they are the same to the last one.
std::optional<IndexedTrack> Match(const MediaFile& media, size_t track,
                                  const SampleTable& table,
                                  uint64_t file_size) {
  const size_t count = media.IndexSize(track);
  if (count == 0) return std::nullopt;
  const Track& described = media.tracks()[track].track;
  const MediaFile::IndexEntry first = media.IndexAt(track, 0);
  SampleTable::Cursor sample = table.begin();
  while (!sample.at_end() && sample->offset != first.offset) sample.Next();
  if (sample.at_end()) return std::nullopt;
  IndexedTrack matched{.first = sample};
  const int64_t shift = first.decode_time - sample->decode_time;
  for (size_t i = 0; i < count; ++i) {
    if (sample.at_end()) return std::nullopt;
    const MediaFile::IndexEntry entry = media.IndexAt(track, i);
    const bool same = entry.offset == sample->offset &&
                      entry.size == sample->size && entry.key == sample->sync &&
                      entry.decode_time == sample->decode_time + shift;
    if (!same || !IsSane(*sample, file_size, described.timescale)) {
      return std::nullopt;
    }
    // libavformat makes up durations where there is none.
    const bool has_duration = sample->duration > 0 || i + 1 == count;
    if (described.kind == TrackKind::kAudio &&
        (!has_duration || sample->composition_offset != 0)) {
      return std::nullopt;
    }
    sample.Next();
  }
  matched.count = static_cast<uint32_t>(count);
  return matched;
}

}  // namespace

std::optional<IndexedFile> IndexedFile::Open(InputFilePtr file,
                                             const MediaFile& media,
                                             std::span<const size_t> tracks) {
  if (!media.has_index()) return std::nullopt;
  IndexedFile made;
  made.file_ = std::move(file);
  const uint64_t file_size = made.file_->size();
  made.movie_ = mp4::MovieBox::Read(
      {file_size, [&](uint64_t offset, std::span<uint8_t> out) {
         return made.file_->Read(offset, out).has_value();
       }});
  for (const size_t track : tracks) {
    const SampleTable* table = made.movie_.TableOf(media.ContainerId(track));
    auto filter = media.FilterOf(track);
    if (table == nullptr || !filter) return std::nullopt;
    auto matched = Match(media, track, *table, file_size);
    if (!matched) return std::nullopt;
    matched->filter = std::move(filter);
    // Else some packets in front of, or behind, the first one are left out.
    const auto kind = made.ReadKind(*matched, *matched->first);
    if (!kind || *kind == KeyKind::kNone || *kind == KeyKind::kOpen ||
        *kind == KeyKind::kRecoded || !made.IsWhole(*matched)) {
      return std::nullopt;
    }
    made.tracks_.insert_or_assign(track, *std::move(matched));
  }
  return made;
}

// A damaged start is left out, as far as the next key frame.
bool IndexedFile::IsWhole(const IndexedTrack& track) const {
  Bytes first(track.first->size);
  return Read(track.first->offset, first) &&
         track.filter->Filter(first, 0).has_value();
}

Status IndexedFile::LearnTimes(size_t track, int64_t first_time,
                               MediaFile& media) {
  const auto duration = media.ReadLastDuration(track);
  if (!duration) return std::unexpected(duration.error());
  IndexedTrack& indexed = tracks_.at(track);
  indexed.time_offset = first_time - indexed.first->time();
  indexed.last_duration = *duration;
  return {};
}

Result<std::optional<std::vector<int64_t>>> IndexedFile::ReadKeyTimes(
    size_t track) const {
  const IndexedTrack& indexed = tracks_.at(track);
  std::vector<int64_t> times;
  SampleTable::Cursor sample = indexed.first;
  for (uint32_t i = 0; i < indexed.count; ++i, sample.Next()) {
    if (!sample->sync) continue;
    const auto kind = ReadKind(indexed, *sample);
    if (!kind) return std::unexpected(kind.error());
    if (*kind == KeyKind::kRecoded) return std::nullopt;
    if (*kind != KeyKind::kNone) times.push_back(indexed.TimeOf(*sample));
  }
  return times;
}

int64_t IndexedFile::ReorderOf(size_t track) const {
  const IndexedTrack& indexed = tracks_.at(track);
  ReorderMeter reorder;
  SampleTable::Cursor sample = indexed.first;
  for (uint32_t i = 0; i < indexed.count; ++i, sample.Next()) {
    reorder.Add(sample->time(), sample->sync);
  }
  return reorder.Depth();
}

Result<KeyKind> IndexedFile::ReadKind(const IndexedTrack& track,
                                      const TableSample& sample) const {
  Bytes bytes;
  for (const size_t size : {std::min<size_t>(sample.size, kHead),
                            static_cast<size_t>(sample.size)}) {
    bytes.resize(size);
    if (auto read = Read(sample.offset, bytes); !read) {
      return std::unexpected(read.error());
    }
    if (const auto kind = track.filter->KindOf(bytes)) return *kind;
  }
  return KeyKind::kNone;
}

}  // namespace usher
