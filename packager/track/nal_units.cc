#include "packager/track/nal_units.h"

#include <cstring>

namespace usher {
namespace {

constexpr size_t kStartCodeSize = 3;

// Where the next start code begins; the size where there is none. Looks for
// its one, of which there are few: glibc's memmem takes ten times as long.
size_t FindStartCode(ByteView data) {
  for (size_t from = kStartCodeSize - 1; from < data.size();) {
    const void* found = std::memchr(data.data() + from, 1, data.size() - from);
    if (found == nullptr) break;
    const auto at =
        static_cast<size_t>(static_cast<const uint8_t*>(found) - data.data());
    if (data[at - 1] == 0 && data[at - 2] == 0) return at - 2;
    from = at + 1;
  }
  return data.size();
}

}  // namespace

Bytes Unescaped(ByteView unit, size_t max) {
  Bytes bytes;
  unsigned zeros = 0;
  for (const uint8_t byte : unit) {
    if (bytes.size() == max) break;
    const bool prevention = zeros >= 2 && byte == 3;
    zeros = byte == 0 ? zeros + 1 : 0;
    if (!prevention) bytes.push_back(byte);
  }
  return bytes;
}

std::optional<ByteView> NalUnits::Next() {
  while (!rest_.empty() && !damaged_) {
    const auto unit = length_size_ == 0 ? NextAnnexB() : NextLengthPrefixed();
    if (unit && !unit->empty()) return unit;
  }
  return std::nullopt;
}

std::optional<ByteView> NalUnits::NextAnnexB() {
  const size_t code = FindStartCode(rest_);
  if (code == rest_.size()) {
    rest_ = {};
    return std::nullopt;
  }
  const ByteView after = rest_.subspan(code + kStartCodeSize);
  const size_t next = FindStartCode(after);
  rest_ = after.subspan(next);
  // Zeros in front of the next start code are its own (zero_byte) or padding
  // (trailing_zero_8bits); a NAL unit never ends in one.
  size_t size = next;
  while (size > 0 && after[size - 1] == 0) --size;
  return after.first(size);
}

std::optional<ByteView> NalUnits::NextLengthPrefixed() {
  damaged_ = rest_.size() < length_size_;
  if (damaged_) return std::nullopt;
  size_t length = 0;
  for (const uint8_t byte : rest_.first(length_size_)) {
    length = length << 8 | byte;
  }
  rest_ = rest_.subspan(length_size_);
  damaged_ = length > rest_.size();
  if (damaged_) return std::nullopt;
  const ByteView unit = rest_.first(length);
  rest_ = rest_.subspan(length);
  return unit;
}

}  // namespace usher
