// How pictures are meant to be shown: their colours, how bright they may get,
// which way up. Plain data.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace usher {

// What sample values mean (ITU-T H.273); 2: nobody says.
struct Colour {
  static constexpr uint8_t kUnspecified = 2;
  static constexpr uint8_t kTransferPq = 16;
  static constexpr uint8_t kTransferHlg = 18;

  uint8_t primaries = kUnspecified;
  uint8_t transfer = kUnspecified;
  uint8_t matrix = kUnspecified;
  bool full_range = false;

  bool known() const {
    return primaries != kUnspecified || transfer != kUnspecified ||
           matrix != kUnspecified;
  }
  bool operator==(const Colour&) const = default;
};

// Bodies of boxes, empty where there is nothing to say.
struct PictureBoxes {
  Bytes mastering_display;  // mdcv (ISO/IEC 14496-12 12.1.7)
  Bytes content_light;      // clli (12.1.6)
  Bytes dolby_vision;       // dvvC of profile 8
};

// In pixels that are square, the right way up.
struct PictureSize {
  uint32_t width = 0;
  uint32_t height = 0;
};

}  // namespace usher
