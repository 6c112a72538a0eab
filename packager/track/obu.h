// Open bitstream units of AV1 (AV1 bitstream specification 5.3): views into the
// caller's bytes, never past their end.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace usher {

enum class ObuType : uint8_t {
  kSequenceHeader = 1,
  kTemporalDelimiter = 2,
  kFrameHeader = 3,
  kTileGroup = 4,
  kMetadata = 5,
  kFrame = 6,
  kRedundantFrameHeader = 7,
  kPadding = 15,
};

struct Obu {
  ObuType type = ObuType::kPadding;
  unsigned temporal_id = 0;
  unsigned spatial_id = 0;
  ByteView whole;    // header and size included
  ByteView payload;  // without them
};

class Obus {
 public:
  explicit Obus(ByteView data) : rest_(data) {}

  // Nothing at the end, and where a size reaches past it: then damaged().
  std::optional<Obu> Next();
  bool damaged() const { return damaged_; }

 private:
  ByteView rest_;
  bool damaged_ = false;
};

}  // namespace usher
