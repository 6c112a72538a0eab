#include "tests/support/box_editor.h"

#include <array>
#include <cstdint>
#include <stdexcept>

namespace usher::testing {
namespace {

uint32_t U32At(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  }
  return value;
}

void PutU32(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) {
    bytes.at(at + i) = static_cast<char>(value >> (24 - 8 * i));
  }
}

// Where the first box of `type` between `begin` and `end` begins; of any type
// where that is empty.
size_t FindBox(const std::string& bytes, size_t begin, size_t end,
               std::string_view type) {
  while (begin + 8 <= end) {
    if (type.empty() || bytes.compare(begin + 4, 4, type) == 0) return begin;
    const uint32_t size = U32At(bytes, begin);
    if (size < 8) break;
    begin += size;
  }
  throw std::runtime_error("no box " + std::string(type));
}

}  // namespace

std::string MakeBox(std::string_view type, std::string_view body) {
  std::string box(4, '\0');
  box.append(type).append(body);
  PutU32(box, 0, static_cast<uint32_t>(box.size()));
  return box;
}

std::string WithEntryBoxes(std::string mp4, std::string_view boxes) {
  constexpr size_t kEntries = 16;  // of stsd, from its beginning
  constexpr std::array<std::string_view, 7> kPath = {
      "moov", "trak", "mdia", "minf", "stbl", "stsd", ""};
  size_t begin = 0;
  size_t end = mp4.size();
  for (const std::string_view type : kPath) {
    begin = FindBox(mp4, begin, end, type);
    const uint32_t size = U32At(mp4, begin);
    end = begin + size;
    PutU32(mp4, begin, static_cast<uint32_t>(size + boxes.size()));
    begin += type == "stsd" ? kEntries : 8;
  }
  return mp4.insert(end, boxes);
}

}  // namespace usher::testing
