#include "tests/packager/encrypt/nal_writer.h"

#include <bit>

namespace usher::testing {

void NalWriter::U(unsigned count, uint64_t value) {
  while (count-- > 0) {
    if (bits_ % 8 == 0) rbsp_.push_back(0);
    const auto bit = static_cast<uint8_t>(value >> count & 1);
    rbsp_.back() = static_cast<uint8_t>(rbsp_.back() | bit << (7 - bits_ % 8));
    ++bits_;
  }
}

void NalWriter::Ue(uint64_t value) {
  const auto size = static_cast<unsigned>(std::bit_width(value + 1));
  U(size - 1, 0);
  U(size, value + 1);
}

void NalWriter::Se(int64_t value) {
  Ue(static_cast<uint64_t>(value > 0 ? 2 * value - 1 : -2 * value));
}

size_t NalWriter::EscapedSize(size_t bits) const {
  return Escape(ByteView(rbsp_).first((bits + 7) / 8)).size();
}

Bytes NalWriter::FinishParameterSet() {
  Flag(true);
  return Escape(rbsp_);
}

Bytes NalWriter::FinishSlice(ByteView payload) const {
  Bytes rbsp = rbsp_;
  if (bits_ % 8 != 0) {
    rbsp.back() = static_cast<uint8_t>(rbsp.back() | (0xFF >> bits_ % 8));
  }
  rbsp.insert(rbsp.end(), payload.begin(), payload.end());
  return Escape(rbsp);
}

Bytes Escape(ByteView rbsp) {
  Bytes escaped;
  unsigned zeros = 0;
  for (uint8_t byte : rbsp) {
    if (zeros >= 2 && byte <= 3) {
      escaped.push_back(3);
      zeros = 0;
    }
    escaped.push_back(byte);
    zeros = byte == 0 ? zeros + 1 : 0;
  }
  return escaped;
}

}  // namespace usher::testing
