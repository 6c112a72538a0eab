// Reads ISO BMFF boxes that may be anyone's, damaged or hostile (ISO/IEC
// 14496-12 4.2). Views into the caller's bytes; never past their end, and
// nothing is allocated by what a box says of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace usher::mp4 {

// Big-endian fields one after another. Reading past the end gives 0 and makes
// ok() false for good.
class FieldReader {
 public:
  explicit FieldReader(ByteView data) : rest_(data) {}

  uint8_t U8() { return static_cast<uint8_t>(BigEndian(1)); }
  uint16_t U16() { return static_cast<uint16_t>(BigEndian(2)); }
  uint32_t U24() { return static_cast<uint32_t>(BigEndian(3)); }
  uint32_t U32() { return static_cast<uint32_t>(BigEndian(4)); }
  uint64_t U64() { return BigEndian(8); }
  // Empty where there are not that many.
  ByteView Take(size_t count);
  void Skip(size_t count) { Take(count); }

  ByteView rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  uint64_t BigEndian(size_t count);

  ByteView rest_;
  bool ok_ = true;
};

struct BoxView {
  std::string_view type;  // four characters, in the caller's bytes
  ByteView body;          // behind the header
  size_t offset = 0;      // of the header, in what the reader was given
  size_t header_size = 8;

  size_t size() const { return header_size + body.size(); }
};

// The boxes that lie one after another in `data`.
class BoxReader {
 public:
  explicit BoxReader(ByteView data) : data_(data) {}

  // Nothing at the end, and where a box is damaged or leads out of `data`:
  // then damaged() is true and position() is where.
  std::optional<BoxView> Next();
  bool damaged() const { return damaged_; }
  size_t position() const { return position_; }

 private:
  ByteView data_;
  size_t position_ = 0;
  bool damaged_ = false;
};

// The first box of `type` among those that lie in `data`; null where none is.
std::optional<BoxView> FindBox(ByteView data, std::string_view type);

}  // namespace usher::mp4
