#include "packager/mp4/movie_box.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "packager/mp4/box_reader.h"

namespace usher::mp4 {
namespace {

// Hundreds of hours; more is not worth holding in memory.
constexpr uint64_t kMaxMovieBox = 256 << 20;
// In front of moov: ftyp, free, wide, uuid, mdat in some pieces.
constexpr int kMaxBoxes = 1000;

struct Extent {
  uint64_t offset = 0;
  uint64_t size = 0;
};

// The body of the first box of `type` in the file.
std::optional<Extent> FindInFile(const FileBytes& file, std::string_view type) {
  const uint64_t end = file.size;
  uint64_t at = 0;
  for (int boxes = 0; boxes < kMaxBoxes && at < end; ++boxes) {
    std::array<uint8_t, 16> header{};
    const size_t known = std::min<uint64_t>(header.size(), end - at);
    if (!file.read(at, std::span(header).first(known))) return std::nullopt;
    FieldReader fields(header);
    uint64_t size = fields.U32();
    const std::string_view found = AsText(fields.Take(4));
    const uint64_t header_size = size == 1 ? 16 : 8;
    if (size == 1) size = fields.U64();
    if (size == 0) size = end - at;
    if (size < header_size || size > end - at) return std::nullopt;
    if (found == type) return Extent{at + header_size, size - header_size};
    at += size;
  }
  return std::nullopt;
}

}  // namespace

MovieBox MovieBox::Read(const FileBytes& file) {
  MovieBox movie;
  const auto moov = FindInFile(file, "moov");
  if (!moov || moov->size > kMaxMovieBox) return movie;
  auto bytes = std::make_unique<Bytes>(moov->size);
  if (!file.read(moov->offset, *bytes) || FindBox(*bytes, "mvex")) {
    return movie;
  }
  BoxReader boxes(*bytes);
  while (const auto box = boxes.Next()) {
    if (box->type != "trak") continue;
    if (const auto table = SampleTable::Read(box->body, file.size)) {
      movie.tables_.push_back(*table);
    }
  }
  movie.bytes_ = std::move(bytes);
  return movie;
}

const SampleTable* MovieBox::TableOf(uint32_t track_id) const {
  const auto found =
      std::ranges::find(tables_, track_id, &SampleTable::track_id);
  return found == tables_.end() ? nullptr : &*found;
}

}  // namespace usher::mp4
