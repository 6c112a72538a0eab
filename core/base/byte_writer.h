// Appends big-endian integers and bytes to a buffer, as ISO BMFF wants them.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/bytes.h"

namespace usher {

class ByteWriter {
 public:
  // `out` must outlive the writer; what it holds already is kept.
  explicit ByteWriter(Bytes& out) : out_(out) {}

  void U8(uint8_t value) { out_.push_back(value); }
  void U16(uint16_t value) { BigEndian(value, 2); }
  void U24(uint32_t value) { BigEndian(value, 3); }
  void U32(uint32_t value) { BigEndian(value, 4); }
  void U64(uint64_t value) { BigEndian(value, 8); }
  void Append(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void Text(std::string_view text) { Append(AsBytes(text)); }
  void Zeros(size_t count) { out_.resize(out_.size() + count); }

  size_t size() const { return out_.size(); }
  // Overwrites four bytes written before; `offset` + 4 <= size().
  void PatchU32(size_t offset, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) {
      out_[offset + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
    }
  }

 private:
  void BigEndian(uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out_.push_back(static_cast<uint8_t>(value >> shift));
    }
  }

  Bytes& out_;
};

}  // namespace usher
