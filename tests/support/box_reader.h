// Reads ISO BMFF boxes the way a judge should: knowing nothing of the code
// under test. Damaged structure throws std::runtime_error, which fails a test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace usher::testing {

// Reads the fields of a box one after another.
class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : rest_(bytes) {}

  uint8_t U8() { return static_cast<uint8_t>(BigEndian(1)); }
  uint16_t U16() { return static_cast<uint16_t>(BigEndian(2)); }
  uint32_t U24() { return static_cast<uint32_t>(BigEndian(3)); }
  uint32_t U32() { return static_cast<uint32_t>(BigEndian(4)); }
  uint64_t U64() { return BigEndian(8); }
  Bytes Take(size_t size);
  std::string Text(size_t size);
  void Skip(size_t size) { Take(size); }
  size_t left() const { return rest_.size(); }

 private:
  uint64_t BigEndian(size_t size);

  ByteView rest_;
};

struct Box {
  std::string type;
  size_t offset = 0;  // of the box in the file
  ByteView payload;   // behind size and type, of the file that was read
  std::vector<Box> children;

  // The first one there, "traf/trun"; throws where there is none.
  const Box& At(std::string_view path) const;
  const Box* Find(std::string_view path) const;
  // Types of the children, in order: "mvhd trak mvex".
  std::string ChildTypes() const;
  FieldReader Fields() const { return FieldReader(payload); }
};

// A box of no type whose children are the file's. `file` must outlive it.
Box ReadBoxes(ByteView file);

}  // namespace usher::testing
