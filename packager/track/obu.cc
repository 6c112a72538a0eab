#include "packager/track/obu.h"

namespace usher {
namespace {

// leb128() of 4.10.5, taken off the front.
std::optional<size_t> TakeSize(ByteView& rest) {
  uint64_t size = 0;
  for (unsigned i = 0; i < 8 && i < rest.size(); ++i) {
    size |= uint64_t{rest[i] & 0x7fU} << (7 * i);
    if ((rest[i] & 0x80) != 0) continue;
    rest = rest.subspan(i + 1);
    return size;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Obu> Obus::Next() {
  if (rest_.empty() || damaged_) return std::nullopt;
  const ByteView start = rest_;
  const uint8_t head = rest_[0];
  const bool extended = (head & 4) != 0;
  damaged_ = rest_.size() < (extended ? 2U : 1U);
  if (damaged_) return std::nullopt;
  Obu obu;
  obu.type = static_cast<ObuType>(head >> 3 & 15);
  if (extended) {
    obu.temporal_id = rest_[1] >> 5;
    obu.spatial_id = rest_[1] >> 3 & 3;
  }
  rest_ = rest_.subspan(extended ? 2 : 1);
  const bool sized = (head & 2) != 0;
  const auto size = sized ? TakeSize(rest_) : rest_.size();
  damaged_ = !size || *size > rest_.size();
  if (damaged_) return std::nullopt;
  obu.payload = rest_.first(*size);
  rest_ = rest_.subspan(*size);
  obu.whole = start.first(start.size() - rest_.size());
  return obu;
}

}  // namespace usher
