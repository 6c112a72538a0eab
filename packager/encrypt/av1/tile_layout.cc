#include "packager/encrypt/av1/tile_layout.h"

#include <algorithm>
#include <bit>

namespace usher::av1 {
namespace {

constexpr uint32_t kMaxTiles = 64;  // a row, a column

// The least k with size << k at least target.
unsigned TileLog2(uint32_t size, uint32_t target) {
  unsigned log2 = 0;
  while ((uint64_t{size} << log2) < target) ++log2;
  return log2;
}

// One direction of a uniform layout.
unsigned ReadIncrements(BitReader& bits, unsigned least, unsigned most) {
  unsigned log2 = least;
  while (log2 < most && bits.Flag()) ++log2;
  return log2;
}

uint32_t Divided(uint32_t blocks, unsigned log2) {
  const uint32_t size = (blocks + (1U << log2) - 1) >> log2;
  return (blocks + size - 1) / size;
}

// One direction of a layout told tile by tile.
struct Explicit {
  uint32_t count = 0;
  uint32_t widest = 1;
};

Explicit ReadExplicit(BitReader& bits, uint32_t blocks, uint32_t max_size) {
  Explicit tiles;
  for (uint32_t start = 0; start < blocks && tiles.count < kMaxTiles;
       ++tiles.count) {
    const uint32_t size =
        ReadNonSymmetric(bits, std::min(blocks - start, max_size)) + 1;
    tiles.widest = std::max(tiles.widest, size);
    start += size;
  }
  return tiles;
}

}  // namespace

uint32_t ReadNonSymmetric(BitReader& bits, uint32_t count) {
  const auto width = static_cast<unsigned>(std::bit_width(count));
  const uint32_t short_codes = (1U << width) - count;
  const uint32_t value = bits.Bits(width - 1);
  if (value < short_codes) return value;
  return (value << 1) - short_codes + bits.Bits(1);
}

TileLayout ReadTileLayout(BitReader& bits, uint32_t width, uint32_t height,
                          bool large_superblocks) {
  const unsigned shift = large_superblocks ? 7 : 6;
  const uint32_t across = (((width + 7) & ~7U) + (1U << shift) - 1) >> shift;
  const uint32_t down = (((height + 7) & ~7U) + (1U << shift) - 1) >> shift;
  const uint32_t max_width = 4096U >> shift;
  const uint32_t max_area = (4096U * 2304U) >> (2 * shift);
  const unsigned least_columns = TileLog2(max_width, across);
  const unsigned least =
      std::max(least_columns, TileLog2(max_area, across * down));
  TileLayout layout;
  if (bits.Flag()) {  // uniform_tile_spacing_flag
    layout.column_bits = ReadIncrements(
        bits, least_columns, TileLog2(1, std::min(across, kMaxTiles)));
    layout.columns = Divided(across, layout.column_bits);
    const unsigned least_rows =
        least > layout.column_bits ? least - layout.column_bits : 0;
    layout.row_bits = ReadIncrements(bits, least_rows,
                                     TileLog2(1, std::min(down, kMaxTiles)));
    layout.rows = Divided(down, layout.row_bits);
  } else {
    const Explicit columns = ReadExplicit(bits, across, max_width);
    layout.columns = columns.count;
    layout.column_bits = TileLog2(1, columns.count);
    const uint32_t area =
        least > 0 ? (across * down) >> (least + 1) : across * down;
    layout.rows =
        ReadExplicit(bits, down, std::max(area / columns.widest, 1U)).count;
    layout.row_bits = TileLog2(1, layout.rows);
  }
  if (layout.column_bits + layout.row_bits > 0) {
    bits.Bits(layout.column_bits + layout.row_bits);  // context_update_tile_id
    layout.size_bytes = bits.Bits(2) + 1;
  }
  return layout;
}

}  // namespace usher::av1
