#include "packager/track/track.h"

#include <array>
#include <cstdio>
#include <utility>

namespace usher {

PictureSize Track::ShownSize() const {
  const uint64_t pixels = uint64_t{width} * sar_num;
  PictureSize size = {
      sar_den == 0 || sar_num == 0
          ? width
          : static_cast<uint32_t>((pixels + sar_den / 2) / sar_den),
      height};
  if (IsTurnedSideways()) std::swap(size.width, size.height);
  return size;
}

std::string Track::SupplementalCodecs() const {
  constexpr size_t kLevelAt = 2;
  constexpr size_t kCompatibilityAt = 4;
  const Bytes& record = picture_boxes.dolby_vision;
  if (record.size() <= kCompatibilityAt || codec != Codec::kHevc) return {};
  const unsigned fields = record[kLevelAt] << 8 | record[kLevelAt + 1];
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "dvh1.%02u.%02u", fields >> 9 & 0x7F,
                fields >> 3 & 0x3F);
  // By what players without Dolby Vision see.
  switch (record[kCompatibilityAt] >> 4) {
    case 1:
      return std::string(text.data()) + "/db1p";
    case 2:
      return std::string(text.data()) + "/db2g";
    case 4:
      return std::string(text.data()) + "/db4h";
    default:
      return {};
  }
}

}  // namespace usher
