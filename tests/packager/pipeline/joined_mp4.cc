#include "tests/packager/pipeline/joined_mp4.h"

#include <cstdint>

#include "tests/support/box_editor.h"
#include "tests/support/box_reader.h"
#include "tests/support/temp_dir.h"

namespace usher::testing {
namespace {

std::string U32(uint64_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

constexpr char kStbl[] = "moov/trak/mdia/minf/stbl";

std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }

// A table of stbl: its entries, and how many there are.
class Table {
 public:
  void Add(const std::string& entry) {
    entries_ += entry;
    ++count_;
  }
  // Nothing where it is empty.
  std::string Box(std::string_view type) const {
    if (count_ == 0) return {};
    return MakeBox(type, U32(0) + U32(count_) + entries_);
  }

 private:
  std::string entries_;
  uint32_t count_ = 0;
};

// Sound has not all of them.
void CopyRuns(const Box& stbl, const char* type, Table& to) {
  if (stbl.Find(type) == nullptr) return;
  FieldReader fields = stbl.At(type).Fields();
  fields.Skip(4);
  for (uint32_t left = fields.U32(); left > 0; --left) to.Add(fields.Text(8));
}

struct Tables {
  Table entries;
  Table durations;
  Table offsets;
  Table sync;
  Table chunk_runs;
  std::vector<uint64_t> chunks;  // offsets in the media
  std::vector<uint32_t> sizes;
  std::string media;
};

void CopySyncSamples(const Box& stbl, Tables& tables) {
  if (stbl.Find("stss") == nullptr) return;
  FieldReader sync = stbl.At("stss").Fields();
  sync.Skip(4);
  for (uint32_t left = sync.U32(); left > 0; --left) {
    tables.sync.Add(U32(tables.sizes.size() + sync.U32()));
  }
}

// One chunk, whose samples follow each other as in the part.
void Add(const Mp4Part& part, Tables& tables) {
  const std::string file = ReadFile(part.film);
  const Box boxes = ReadBoxes(AsBytes(file));
  const Box& stbl = boxes.At(kStbl);
  FieldReader entry = stbl.At("stsd").Fields();
  entry.Skip(8);
  tables.entries.Add(entry.Text(entry.left()));
  CopyRuns(stbl, "stts", tables.durations);
  CopyRuns(stbl, "ctts", tables.offsets);
  CopySyncSamples(stbl, tables);
  FieldReader offset = stbl.At("stco").Fields();
  offset.Skip(8);
  size_t at = offset.U32();
  tables.chunks.push_back(tables.media.size());
  FieldReader sizes = stbl.At("stsz").Fields();
  sizes.Skip(8);
  const uint32_t count = sizes.U32();
  for (uint32_t i = 0; i < count; ++i) {
    std::string sample;
    if (const auto unit = part.units.find(i); unit != part.units.end()) {
      sample = U32(unit->second.size()) + unit->second;
    }
    const uint32_t size = sizes.U32();
    sample += file.substr(at, size);
    at += size;
    tables.sizes.push_back(static_cast<uint32_t>(sample.size()));
    tables.media += sample;
  }
  tables.chunk_runs.Add(U32(tables.chunks.size()) + U32(count) +
                        U32(tables.chunks.size()));
}

std::string SampleTables(const Tables& tables, size_t media_at) {
  Table chunks;
  for (const uint64_t chunk : tables.chunks) chunks.Add(U32(media_at + chunk));
  std::string sizes = U32(0) + U32(0) + U32(tables.sizes.size());
  for (const uint32_t size : tables.sizes) sizes += U32(size);
  return MakeBox("stbl",
                 tables.entries.Box("stsd") + tables.durations.Box("stts") +
                     tables.offsets.Box("ctts") + tables.sync.Box("stss") +
                     tables.chunk_runs.Box("stsc") + MakeBox("stsz", sizes) +
                     chunks.Box("stco"));
}

// `box` with the sample tables instead of its own, and without the edit list,
// which would end where the first part does.
std::string Rebuilt(const Box& box, const std::string& stbl) {
  if (box.type == "stbl") return stbl;
  if (box.type == "edts") return {};
  if (box.type != "moov" && box.type != "trak" && box.type != "mdia" &&
      box.type != "minf") {
    return MakeBox(box.type, Text(box.payload));
  }
  std::string body;
  for (const Box& child : box.children) body += Rebuilt(child, stbl);
  return MakeBox(box.type, body);
}

}  // namespace

std::string JoinMp4(const std::vector<Mp4Part>& parts) {
  Tables tables;
  for (const Mp4Part& part : parts) Add(part, tables);
  const std::string first = ReadFile(parts.front().film);
  const Box boxes = ReadBoxes(AsBytes(first));
  const std::string head = MakeBox("ftyp", Text(boxes.At("ftyp").payload));
  const std::string stbl = SampleTables(tables, head.size() + 8);
  return head + MakeBox("mdat", tables.media) + Rebuilt(boxes.At("moov"), stbl);
}

std::string PictureParameterSet(const std::filesystem::path& film) {
  const std::string file = ReadFile(film);
  // One sequence parameter set behind six bytes, and then one of pictures.
  const size_t record = file.find("avcC") + 4;
  const auto size_at = [&](size_t at) {
    return static_cast<size_t>(static_cast<unsigned char>(file.at(at)) << 8 |
                               static_cast<unsigned char>(file.at(at + 1)));
  };
  const size_t sequence = record + 6;
  const size_t picture = sequence + 2 + size_at(sequence) + 1;
  return file.substr(picture + 2, size_at(picture));
}

std::string WithOtherId(const std::string& picture_set) {
  std::string bits;
  for (const char byte : picture_set.substr(1)) {
    for (int bit = 7; bit >= 0; --bit) {
      bits.push_back((static_cast<unsigned char>(byte) >> bit & 1) != 0 ? '1'
                                                                        : '0');
    }
  }
  bits.resize(bits.rfind('1') + 1);
  bits = "010" + bits.substr(1);  // ue(v): 0 becomes 1
  bits.resize((bits.size() + 7) / 8 * 8, '0');
  std::string changed = picture_set.substr(0, 1);
  for (size_t at = 0; at < bits.size(); at += 8) {
    changed.push_back(
        static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2)));
  }
  return changed;
}

}  // namespace usher::testing
