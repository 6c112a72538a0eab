// VP9 frames: how a sample holds several (a superframe), and where each one's
// uncompressed header ends (VP9 bitstream specification, 6.2 and Annex B).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace usher {

// The frames of a sample in order; the index behind them belongs to none. One
// frame where there is no index, or a damaged one.
std::vector<ByteView> SplitSuperframe(ByteView sample);

struct Vp9Header {
  size_t size = 0;  // of the uncompressed header
  bool key = false;
  bool shows_existing = false;
  unsigned profile = 0;
  // Of key pictures.
  unsigned bit_depth = 8;
  unsigned colour_space = 0;
  bool full_range = false;
  unsigned subsampling = 1;  // as vpcC tells it: 1 4:2:0, 2 4:2:2, 3 4:4:4
};

// Reads frames in decode order: a header's size depends on the size of pictures
// before it. Not thread-safe.
class Vp9HeaderReader {
 public:
  // Nothing where the header is damaged.
  std::optional<Vp9Header> Read(ByteView frame);
  void Reset() { references_.fill({}); }

 private:
  struct Size {
    uint32_t width = 0;
    uint32_t height = 0;
  };

  friend class Vp9HeaderParser;
  std::array<Size, 8> references_;
};

}  // namespace usher
