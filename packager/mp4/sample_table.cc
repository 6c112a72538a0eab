#include "packager/mp4/sample_table.h"

#include <algorithm>
#include <string_view>

#include "packager/mp4/box_reader.h"

namespace usher::mp4 {
namespace {

// Keeps the sum of all durations within 64 bits. A sample is a byte at least.
constexpr uint64_t kMaxSamples = uint64_t{1} << 31;

constexpr size_t kRun = 8;        // bytes of a run in stts and ctts
constexpr size_t kChunkRun = 12;  // and in stsc
constexpr size_t kSyncSample = 4;

uint32_t U32At(ByteView data, size_t at) {
  return uint32_t{data[at]} << 24 | uint32_t{data[at + 1]} << 16 |
         uint32_t{data[at + 2]} << 8 | data[at + 3];
}

// The body of the box that a path of types leads to.
std::optional<ByteView> BodyOf(ByteView boxes,
                               std::initializer_list<std::string_view> path) {
  for (const std::string_view type : path) {
    const auto box = FindBox(boxes, type);
    if (!box) return std::nullopt;
    boxes = box->body;
  }
  return boxes;
}

// The entries of a table: version, flags, count, then `width` bytes each.
std::optional<ByteView> EntriesOf(ByteView boxes, std::string_view type,
                                  size_t width) {
  const auto box = FindBox(boxes, type);
  if (!box) return std::nullopt;
  FieldReader fields(box->body);
  fields.Skip(4);
  const uint64_t count = fields.U32();
  const ByteView rest = fields.rest();
  if (!fields.ok() || count > rest.size() / width) return std::nullopt;
  return rest.first(static_cast<size_t>(count) * width);
}

uint32_t TrackId(ByteView trak) {
  const auto header = BodyOf(trak, {"tkhd"});
  if (!header) return 0;
  FieldReader fields(*header);
  const bool long_times = fields.U8() == 1;
  fields.Skip(3 + (long_times ? 16 : 8));
  return fields.U32();
}

// Whether the media lie in this very file.
bool IsSelfContained(ByteView trak) {
  const auto references = BodyOf(trak, {"mdia", "minf", "dinf", "dref"});
  if (!references) return false;
  FieldReader fields(*references);
  fields.Skip(4);
  if (fields.U32() != 1) return false;
  BoxReader entries(fields.rest());
  const auto entry = entries.Next();
  return entry && entry->body.size() >= 4 && (entry->body[3] & 1) != 0;
}

// One way of coding for all samples, and in the clear.
bool HasOnePlainEntry(ByteView stbl) {
  const auto descriptions = BodyOf(stbl, {"stsd"});
  if (!descriptions) return false;
  FieldReader fields(*descriptions);
  fields.Skip(4);
  if (fields.U32() != 1) return false;
  BoxReader entries(fields.rest());
  const auto entry = entries.Next();
  return entry && entry->type != "encv" && entry->type != "enca";
}

// Whether other tables than stss tell of samples to start from: partial sync
// samples of QuickTime, groups of random access points (10.4).
bool HasOtherSyncSamples(ByteView stbl) {
  BoxReader boxes(stbl);
  while (const auto box = boxes.Next()) {
    if (box->type == "stps") return true;
    if (box->type != "sbgp") continue;
    FieldReader fields(box->body);
    fields.Skip(4);
    if (AsText(fields.Take(4)) == "rap ") return true;
  }
  return false;
}

// The sum of all counts; nothing where it exceeds 32 bits.
std::optional<uint32_t> CountOf(ByteView runs) {
  uint64_t sum = 0;
  for (size_t at = 0; at < runs.size(); at += kRun) sum += U32At(runs, at);
  if (sum > UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(sum);
}

}  // namespace

std::optional<SampleTable> SampleTable::Read(ByteView trak,
                                             uint64_t file_size) {
  SampleTable table;
  table.track_id_ = TrackId(trak);
  const auto stbl = BodyOf(trak, {"mdia", "minf", "stbl"});
  if (table.track_id_ == 0 || !stbl || !IsSelfContained(trak) ||
      !HasOnePlainEntry(*stbl) || HasOtherSyncSamples(*stbl) ||
      !table.ReadTables(*stbl) || !table.CountsAgree() ||
      table.count_ > std::min<uint64_t>(file_size, kMaxSamples)) {
    return std::nullopt;
  }
  return table;
}

bool SampleTable::ReadTables(ByteView stbl) {
  const auto durations = EntriesOf(stbl, "stts", kRun);
  if (!durations) return false;
  durations_ = *durations;
  if (FindBox(stbl, "ctts")) {
    const auto offsets = EntriesOf(stbl, "ctts", kRun);
    if (!offsets || offsets->empty()) return false;
    offsets_ = *offsets;
  }
  return ReadSizes(stbl) && ReadChunks(stbl) && ReadSyncSamples(stbl);
}

bool SampleTable::ReadSizes(ByteView stbl) {
  const auto box = FindBox(stbl, "stsz");
  const auto compact = box ? std::nullopt : FindBox(stbl, "stz2");
  if (!box && !compact) return false;
  FieldReader fields(box ? box->body : compact->body);
  fields.Skip(4);
  sizes_.bits = 32;
  if (box) {
    sizes_.common = fields.U32();
    if (sizes_.common != 0) sizes_.bits = 0;
  } else {
    fields.Skip(3);
    sizes_.bits = fields.U8();
    if (sizes_.bits != 4 && sizes_.bits != 8 && sizes_.bits != 16) return false;
  }
  count_ = fields.U32();
  sizes_.entries = fields.rest();
  return fields.ok() &&
         (uint64_t{count_} * sizes_.bits + 7) / 8 <= sizes_.entries.size();
}

bool SampleTable::ReadChunks(ByteView stbl) {
  chunks_.width = FindBox(stbl, "stco") ? 4 : 8;
  const auto offsets =
      EntriesOf(stbl, chunks_.width == 4 ? "stco" : "co64", chunks_.width);
  const auto runs = EntriesOf(stbl, "stsc", kChunkRun);
  if (!offsets || !runs) return false;
  chunks_.offsets = *offsets;
  chunk_runs_ = *runs;
  return true;
}

bool SampleTable::ReadSyncSamples(ByteView stbl) {
  all_sync_ = !FindBox(stbl, "stss");
  if (all_sync_) return true;
  const auto numbers = EntriesOf(stbl, "stss", kSyncSample);
  if (!numbers || numbers->empty()) return false;
  sync_ = *numbers;
  uint32_t last = 0;
  for (size_t at = 0; at < sync_.size(); at += kSyncSample) {
    const uint32_t number = U32At(sync_, at);
    if (number <= last || number > count_) return false;
    last = number;
  }
  return true;
}

// Every table tells of the same number of samples, and every chunk exists.
bool SampleTable::CountsAgree() const {
  if (count_ == 0 || CountOf(durations_) != count_) return false;
  if (!offsets_.empty() && CountOf(offsets_) != count_) return false;
  uint64_t in_chunks = 0;
  uint32_t first = 1;  // of the run
  for (size_t at = 0; at < chunk_runs_.size(); at += kChunkRun) {
    const bool last = at + kChunkRun == chunk_runs_.size();
    const uint64_t next = last ? uint64_t{chunks_.count()} + 1
                               : U32At(chunk_runs_, at + kChunkRun);
    const uint32_t samples = U32At(chunk_runs_, at + 4);
    if (U32At(chunk_runs_, at) != first || next <= first || samples == 0 ||
        next > uint64_t{chunks_.count()} + 1 ||
        U32At(chunk_runs_, at + 8) != 1) {
      return false;
    }
    in_chunks += (next - first) * samples;
    first = static_cast<uint32_t>(next);
  }
  return in_chunks == count_;
}

uint32_t SampleTable::Chunks::count() const {
  return static_cast<uint32_t>(offsets.size() / width);
}

uint64_t SampleTable::Chunks::At(uint32_t chunk) const {
  const size_t at = size_t{chunk} * width;
  return width == 4
             ? U32At(offsets, at)
             : uint64_t{U32At(offsets, at)} << 32 | U32At(offsets, at + 4);
}

uint32_t SampleTable::Sizes::At(uint32_t sample) const {
  switch (bits) {
    case 0:
      return common;
    case 4:
      return entries[sample / 2] >> (sample % 2 == 0 ? 4 : 0) & 0x0f;
    case 8:
      return entries[sample];
    case 16:
      return uint32_t{entries[2 * size_t{sample}]} << 8 |
             entries[2 * size_t{sample} + 1];
    default:
      return U32At(entries, 4 * size_t{sample});
  }
}

SampleTable::Cursor SampleTable::begin() const { return Cursor(*this); }

SampleTable::Cursor::Cursor(const SampleTable& table) : table_(&table) {
  NextChunk();
  Load();
}

void SampleTable::Cursor::Next() {
  sample_.decode_time += sample_.duration;
  sample_.offset += sample_.size;
  ++index_;
  if (at_end()) return;
  if (left_in_chunk_ == 0) NextChunk();
  Load();
}

// CountsAgree has made sure that no column ends early.
void SampleTable::Cursor::Load() {
  durations_.Next(table_->durations_);
  sample_.duration = durations_.value;
  if (!table_->offsets_.empty()) {
    offsets_.Next(table_->offsets_);
    // Signed also in version 0, as everyone has come to write it.
    sample_.composition_offset = static_cast<int32_t>(offsets_.value);
  }
  sample_.size = table_->sizes_.At(index_);
  --left_in_chunk_;
  const size_t sync = size_t{sync_} * kSyncSample;
  const bool listed =
      sync < table_->sync_.size() && U32At(table_->sync_, sync) == index_ + 1;
  if (listed) ++sync_;
  sample_.sync = table_->all_sync_ || listed;
}

void SampleTable::Cursor::NextChunk() {
  const ByteView runs = table_->chunk_runs_;
  const size_t next_run = (size_t{chunk_run_} + 1) * kChunkRun;
  if (next_run < runs.size() && U32At(runs, next_run) == chunk_ + 1) {
    ++chunk_run_;
  }
  left_in_chunk_ = U32At(runs, size_t{chunk_run_} * kChunkRun + 4);
  sample_.offset = table_->chunks_.At(chunk_);
  ++chunk_;
}

void SampleTable::Cursor::Runs::Next(ByteView runs) {
  while (left == 0) {
    left = U32At(runs, at);
    value = U32At(runs, at + 4);
    at += kRun;
  }
  --left;
}

}  // namespace usher::mp4
