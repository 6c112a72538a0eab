#include "packager/pipeline/protected_movie.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "packager/inspect/sample_auxiliary.h"
#include "packager/mp4/box_reader.h"
#include "packager/mp4/sample_table.h"

namespace usher {
namespace {

using inspect::MediaTrack;
using inspect::TrackFragment;
using mp4::BoxReader;
using mp4::BoxView;
using mp4::FieldReader;
using mp4::FindBox;

// Bounds of what is worth holding in memory (packager/mp4/movie_box.cc).
constexpr uint64_t kMaxMovieBox = 256 << 20;
constexpr uint64_t kMaxFragmentBox = 16 << 20;
constexpr size_t kMaxFragmentSamples = 100'000;
constexpr size_t kMaxFragments = 1'000'000;
constexpr int kMaxBoxesInFront = 1000;

constexpr std::array<uint8_t, 4> kFree = {'f', 'r', 'e', 'e'};

// A box where it lies in the file.
struct Extent {
  std::string type;
  uint64_t offset = 0;
  uint64_t size = 0;
};

// The next box of the file at `at`; nothing where there is none.
Result<std::optional<Extent>> BoxAt(InputFile& file, uint64_t at) {
  const uint64_t left = file.size() - at;
  if (left < 8) return std::nullopt;
  std::array<uint8_t, 16> header{};
  const auto known =
      std::span(header).first(std::min<uint64_t>(header.size(), left));
  if (auto read = file.Read(at, known); !read) {
    return std::unexpected(read.error());
  }
  FieldReader fields(header);
  uint64_t size = fields.U32();
  const std::string type(AsText(fields.Take(4)));
  const uint64_t header_size = size == 1 ? 16 : 8;
  if (size == 1) size = fields.U64();
  if (size == 0) size = left;
  if (size < header_size || size > left) return std::nullopt;
  return Extent{type, at, size};
}

// A box whose parts are looked at, and where it lies in the file.
class Place {
 public:
  Place(const BoxView& box, uint64_t base)
      : body_(box.body), begin_(base + box.offset + box.header_size) {}

  ByteView body() const { return body_; }
  uint64_t OffsetOf(const BoxView& child) const {
    return begin_ + child.offset;
  }
  std::optional<Place> Child(std::string_view type) const {
    const auto child = FindBox(body_, type);
    if (!child) return std::nullopt;
    return Place(*child, begin_);
  }
  // The children behind the first `skip` bytes.
  Place Behind(size_t skip) const {
    Place rest = *this;
    rest.body_ = body_.subspan(std::min(skip, body_.size()));
    rest.begin_ += body_.size() - rest.body_.size();
    return rest;
  }

 private:
  ByteView body_;
  uint64_t begin_;  // of the body
};

bool IsAuxiliary(const BoxView& box) {
  if (box.type == "senc" || box.type == "saiz" || box.type == "saio") {
    return true;
  }
  return (box.type == "sgpd" || box.type == "sbgp") && box.body.size() >= 8 &&
         AsText(box.body.subspan(4, 4)) == "seig";
}

// Takes away what tells of protection among the boxes of a traf or an stbl.
void PatchAuxiliary(const Place& place, std::vector<TypePatch>& patches) {
  BoxReader boxes(place.body());
  while (const auto box = boxes.Next()) {
    if (IsAuxiliary(*box)) {
      patches.push_back({place.OffsetOf(*box) + 4, kFree});
    }
  }
}

size_t FixedFieldsOf(const BoxView& entry) {
  if (entry.type == "encv") return 78;
  if (entry.type != "enca") return 8;
  const bool quicktime =
      entry.body.size() > 9 && entry.body[8] == 0 && entry.body[9] == 1;
  return quicktime ? 28 + 16 : 28;
}

// An entry takes back the name it had in the clear. Returns whether it was
// clear.
bool PatchEntry(const Place& entries, const BoxView& entry,
                std::vector<TypePatch>& patches) {
  if (!entry.type.starts_with("enc")) return true;
  const uint64_t offset = entries.OffsetOf(entry);
  const Place place =
      Place(entry, offset - entry.offset).Behind(FixedFieldsOf(entry));
  const auto sinf = FindBox(place.body(), "sinf");
  const auto frma = sinf ? FindBox(sinf->body, "frma") : std::nullopt;
  if (!frma || frma->body.size() < 4) return false;
  TypePatch name{offset + 4, {}};
  std::ranges::copy(frma->body.first(4), name.type.begin());
  patches.push_back(name);
  patches.push_back({place.OffsetOf(*sinf) + 4, kFree});
  return false;
}

// Of the samples all truns of a moof claim to have.
uint64_t ClaimedSamples(ByteView moof) {
  uint64_t claimed = 0;
  BoxReader boxes(moof);
  while (const auto traf = boxes.Next()) {
    if (traf->type != "traf") continue;
    BoxReader runs(traf->body);
    while (const auto run = runs.Next()) {
      if (run->type != "trun") continue;
      FieldReader fields(run->body);
      fields.Skip(4);
      claimed += fields.U32();
    }
  }
  return claimed;
}

// tfhd's sample_description_index, from 1, by track.
std::map<uint32_t, uint32_t> EntriesOf(ByteView moof) {
  std::map<uint32_t, uint32_t> entries;
  BoxReader boxes(moof);
  while (const auto traf = boxes.Next()) {
    const auto tfhd =
        traf->type == "traf" ? FindBox(traf->body, "tfhd") : std::nullopt;
    if (!tfhd) continue;
    FieldReader fields(tfhd->body);
    const uint32_t flags = fields.U32() & 0xFFFFFF;
    const uint32_t track = fields.U32();
    if ((flags & 1) != 0) fields.Skip(8);
    entries[track] = (flags & 2) != 0 ? fields.U32() : 1;
  }
  return entries;
}

void SortPatches(ProtectedStretch& stretch) {
  std::ranges::sort(stretch.patches, {}, &TypePatch::offset);
}

// Whether every protected sample's IV is known.
bool HasItsIvs(const TrackFragment& track) {
  return track.encryption.size() == track.samples.size() ||
         std::ranges::all_of(track.protections, [](const auto* protection) {
           return protection == nullptr || protection->iv_size == 0;
         });
}

}  // namespace

Result<std::unique_ptr<const ProtectedMovie>> ProtectedMovie::Read(
    InputFile& file) {
  std::unique_ptr<ProtectedMovie> movie(new ProtectedMovie(file.where()));
  int in_front = 0;
  for (uint64_t at = 0; at < file.size();) {
    const auto box = BoxAt(file, at);
    if (!box) return std::unexpected(box.error());
    if (!*box) break;
    at += (*box)->size;
    const bool known = !movie->header_.tracks.empty();
    if ((*box)->type == "moof" && known) {
      if (movie->fragments_.size() == kMaxFragments) {
        return BadInput(file.where(), "has more than a million fragments");
      }
      movie->fragments_.push_back((*box)->offset);
    }
    if (known) continue;
    if (++in_front > kMaxBoxesInFront || (*box)->size > kMaxMovieBox) {
      if ((*box)->type == "mdat" && in_front <= kMaxBoxesInFront) continue;
      return nullptr;
    }
    if ((*box)->type != "moov") continue;
    Bytes moov((*box)->size);
    if (auto read = file.Read((*box)->offset, moov); !read) {
      return std::unexpected(read.error());
    }
    auto header = inspect::ReadMediaHeader(moov);
    if (!header) return nullptr;  // damaged: others tell of it
    movie->header_ = *std::move(header);
    if (movie->Kids().empty()) return nullptr;
    const auto tables = movie->ReadTables(moov, (*box)->offset, file.size());
    if (!tables) return std::unexpected(tables.error());
    if (!movie->movie_.tracks.empty()) break;  // not fragmented
  }
  if (movie->header_.tracks.empty()) return nullptr;
  movie->fragments_.push_back(file.size());
  return movie;
}

std::set<keys::KeyId> ProtectedMovie::Kids() const {
  std::set<keys::KeyId> kids;
  for (const MediaTrack& track : header_.tracks) {
    if (track.protection && track.protection->is_protected) {
      kids.insert(track.protection->kid);
    }
  }
  return kids;
}

Status ProtectedMovie::ReadTables(ByteView moov, uint64_t offset,
                                  uint64_t file_size) {
  const auto box = BoxReader(moov).Next();
  if (!box) return {};
  const Place whole(*box, offset);
  BoxReader boxes(whole.body());
  std::vector<std::pair<BoxView, const MediaTrack*>> tables;
  size_t next = 0;
  while (const auto trak = boxes.Next()) {
    if (trak->type != "trak" || next == header_.tracks.size()) continue;
    const MediaTrack& track = header_.tracks[next++];
    std::vector<bool>& clear = clear_entries_.emplace_back();
    std::optional<Place> stbl =
        Place(*trak, whole.OffsetOf(*trak) - trak->offset);
    for (const char* type : {"mdia", "minf", "stbl"}) {
      if (stbl) stbl = stbl->Child(type);
    }
    const auto stsd = stbl ? stbl->Child("stsd") : std::nullopt;
    if (!stsd) continue;
    const Place entries = stsd->Behind(8);
    BoxReader each(entries.body());
    while (const auto entry = each.Next()) {
      clear.push_back(PatchEntry(entries, *entry, movie_.patches));
    }
    if (!track.protection) continue;
    PatchAuxiliary(*stbl, movie_.patches);
    if (track.has_samples) tables.emplace_back(*trak, &track);
  }
  SortPatches(movie_);
  // As a clear film its tables are what everybody reads.
  Bytes as_clear(moov.begin(), moov.end());
  for (const TypePatch& patch : movie_.patches) {
    std::ranges::copy(
        patch.type,
        as_clear.begin() + static_cast<ptrdiff_t>(patch.offset - offset));
  }
  inspect::Findings ignored;
  for (const auto& [trak, track] : tables) {
    const size_t begin = box->header_size + trak.offset + trak.header_size;
    const auto table = mp4::SampleTable::Read(
        ByteView(as_clear).subspan(begin, trak.body.size()), file_size);
    const auto stbl = Place(trak, 0).Child("mdia").and_then([](const Place& p) {
      return p.Child("minf").and_then(
          [](const Place& q) { return q.Child("stbl"); });
    });
    if (!table || !stbl) {
      return BadInput(where_, "has encrypted samples usher cannot find",
                      "give the film in the clear");
    }
    TrackFragment all;
    all.track = track;
    for (auto sample = table->begin(); !sample.at_end(); sample.Next()) {
      all.samples.push_back({.offset = sample->offset, .size = sample->size});
    }
    const BoxView none;
    inspect::ReadAuxiliary(
        {{.file = moov, .moof = none, .header = header_, .place = where_},
         stbl->body(),
         0},
        all, ignored);
    movie_.tracks.push_back(std::move(all));
  }
  return CheckSamples(movie_);
}

Result<ProtectedStretch> ProtectedMovie::ReadFragment(InputFile& file,
                                                      size_t i) const {
  const uint64_t offset = fragments_[i];
  const auto box = BoxAt(file, offset);
  if (!box) return std::unexpected(box.error());
  if (!*box || (*box)->size > kMaxFragmentBox) {
    return BadInput(where_, "has a moof box of more than 16 MB",
                    "package it again with shorter fragments");
  }
  Bytes bytes((*box)->size);
  if (auto read = file.Read(offset, bytes); !read) {
    return std::unexpected(read.error());
  }
  auto moof = BoxReader(bytes).Next();
  if (!moof || ClaimedSamples(moof->body) > kMaxFragmentSamples) {
    return BadInput(where_, "has a fragment of more than 100000 samples",
                    "package it again with shorter fragments");
  }
  ProtectedStretch stretch;
  const Place place(*moof, offset);
  BoxReader boxes(moof->body);
  while (const auto traf = boxes.Next()) {
    if (traf->type != "traf") continue;
    PatchAuxiliary(Place(*traf, place.OffsetOf(*traf) - traf->offset),
                   stretch.patches);
  }
  SortPatches(stretch);
  moof->offset = offset;  // what samples count from
  inspect::Findings ignored;
  auto read = inspect::ReadMovieFragment({.file = bytes,
                                          .moof = *moof,
                                          .header = header_,
                                          .place = where_,
                                          .cut_short = false,
                                          .size = file.size()},
                                         ignored);
  if (!read) return stretch;
  const auto entries = EntriesOf(moof->body);
  for (TrackFragment& track : read->tracks) {
    if (!track.track->protection) continue;
    const auto entry = entries.find(track.track->id);
    if (entry != entries.end() &&
        IsClearEntry(track.track->id, entry->second)) {
      continue;
    }
    stretch.tracks.push_back(std::move(track));
  }
  if (auto checked = CheckSamples(stretch); !checked) {
    return std::unexpected(checked.error());
  }
  return stretch;
}

// What is looked up by its place in the file must lie in order.
Status ProtectedMovie::CheckSamples(const ProtectedStretch& stretch) const {
  for (const TrackFragment& track : stretch.tracks) {
    uint64_t end = 0;
    for (const inspect::SampleView& sample : track.samples) {
      if (sample.offset < end) {
        return BadInput(where_, "has encrypted samples that are out of order",
                        "give the film in the clear");
      }
      end = sample.offset + sample.size;
    }
    if (!HasItsIvs(track)) {
      return BadInput(where_, "is encrypted without telling the IVs (senc)",
                      "give the film in the clear");
    }
  }
  return {};
}

bool ProtectedMovie::IsClearEntry(uint32_t track, uint32_t entry) const {
  const auto found = std::ranges::find(header_.tracks, track, &MediaTrack::id);
  const auto index = static_cast<size_t>(found - header_.tracks.begin());
  return index < clear_entries_.size() && entry > 0 &&
         entry <= clear_entries_[index].size() &&
         clear_entries_[index][entry - 1];
}

}  // namespace usher
