// How a frame is divided into tiles: tile_info() of the AV1 bitstream
// specification, 5.9.15.
#pragma once

#include <cstdint>

#include "packager/track/bit_reader.h"

namespace usher::av1 {

struct TileLayout {
  uint32_t columns = 1;
  uint32_t rows = 1;
  unsigned column_bits = 0;
  unsigned row_bits = 0;
  unsigned size_bytes = 4;
};

TileLayout ReadTileLayout(BitReader& bits, uint32_t width, uint32_t height,
                          bool large_superblocks);

// ns(n) of 4.10.7; `count` is not 0.
uint32_t ReadNonSymmetric(BitReader& bits, uint32_t count);

}  // namespace usher::av1
