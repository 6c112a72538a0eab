// AV1 frame headers, read for one thing: where they end, and how the tiles
// behind them lie (AV1 bitstream specification 5.9). Each depends on the frames
// before it, from the last key frame on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/av1/sequence_header.h"

namespace usher::av1 {

struct FrameHeader {
  size_t bits = 0;  // of the header
  bool shows_existing = false;
  uint32_t tiles = 1;
  unsigned tile_number_bits = 0;
  unsigned tile_size_bytes = 4;
};

// Of which layers the OBU is.
struct Layer {
  unsigned temporal = 0;
  unsigned spatial = 0;
};

constexpr unsigned kReferences = 8;
constexpr unsigned kSegments = 8;

// What later frames need to know of one.
struct ReferenceFrame {
  uint32_t upscaled_width = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  unsigned order_hint = 0;
  bool key = false;
  // Segmentation's change of the quantiser, where it has one.
  std::array<std::optional<int>, kSegments> quantiser;
};

// Not thread-safe.
class FrameHeaderReader {
 public:
  // Nothing where the header is damaged, or signals references in the short
  // form, which no common encoder writes.
  std::optional<FrameHeader> Read(ByteView payload,
                                  const SequenceHeader& sequence, Layer layer);
  void Reset() { references_.fill({}); }

 private:
  std::array<ReferenceFrame, kReferences> references_;
};

}  // namespace usher::av1
