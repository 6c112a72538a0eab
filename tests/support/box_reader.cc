#include "tests/support/box_reader.h"

#include <map>
#include <optional>
#include <stdexcept>

namespace usher::testing {
namespace {

// Bytes between the box header and the first child of boxes that have children.
std::optional<size_t> BytesBeforeChildren(std::string_view type) {
  static const std::map<std::string_view, size_t> kContainers = {
      {"moov", 0},  {"trak", 0}, {"mdia", 0}, {"minf", 0},  {"dinf", 0},
      {"stbl", 0},  {"mvex", 0}, {"moof", 0}, {"traf", 0},  {"sinf", 0},
      {"schi", 0},  {"dref", 8}, {"stsd", 8}, {"avc1", 78}, {"encv", 78},
      {"mp4a", 28}, {"enca", 28}};
  const auto found = kContainers.find(type);
  if (found == kContainers.end()) return std::nullopt;
  return found->second;
}

std::vector<Box> ReadSiblings(ByteView file, size_t offset, size_t end) {
  std::vector<Box> boxes;
  while (offset < end) {
    FieldReader head(file.subspan(offset, end - offset));
    const size_t before = head.left();
    uint64_t size = head.U32();
    Box box{
        .type = head.Text(4), .offset = offset, .payload = {}, .children = {}};
    if (size == 1) size = head.U64();
    const size_t head_size = before - head.left();
    if (size < head_size || size > end - offset) {
      throw std::runtime_error("box " + box.type + " has a wrong size");
    }
    box.payload = file.subspan(offset + head_size, size - head_size);
    if (const auto skip = BytesBeforeChildren(box.type)) {
      box.children =
          ReadSiblings(file, offset + head_size + *skip, offset + size);
    }
    boxes.push_back(std::move(box));
    offset += size;
  }
  if (offset != end) throw std::runtime_error("boxes overrun their parent");
  return boxes;
}

}  // namespace

Bytes FieldReader::Take(size_t size) {
  if (size > rest_.size()) throw std::runtime_error("box is too short");
  const Bytes taken(rest_.begin(), rest_.begin() + static_cast<long>(size));
  rest_ = rest_.subspan(size);
  return taken;
}

std::string FieldReader::Text(size_t size) {
  return std::string(AsText(Take(size)));
}

uint64_t FieldReader::BigEndian(size_t size) {
  uint64_t value = 0;
  for (uint8_t byte : Take(size)) value = value << 8 | byte;
  return value;
}

const Box& Box::At(std::string_view path) const {
  const Box* found = Find(path);
  if (found == nullptr) {
    throw std::runtime_error("no box " + std::string(path) + " in " + type);
  }
  return *found;
}

const Box* Box::Find(std::string_view path) const {
  const size_t slash = path.find('/');
  for (const Box& child : children) {
    if (child.type != path.substr(0, slash)) continue;
    if (slash == std::string_view::npos) return &child;
    return child.Find(path.substr(slash + 1));
  }
  return nullptr;
}

std::string Box::ChildTypes() const {
  std::string types;
  for (const Box& child : children) {
    if (!types.empty()) types += ' ';
    types += child.type;
  }
  return types;
}

Box ReadBoxes(ByteView file) {
  return {.type = "",
          .offset = 0,
          .payload = file,
          .children = ReadSiblings(file, 0, file.size())};
}

}  // namespace usher::testing
