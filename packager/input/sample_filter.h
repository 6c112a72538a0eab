// What becomes of the bytes of one sample between an MP4 file and a segment,
// for those who read samples by themselves: the same checks and the same bytes
// as MediaFile::Read makes of it. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

// Whether decoding can start at a sample.
enum class KeyKind {
  kNone,
  kPlain,    // nothing behind it is presented in front of it
  kMayLead,  // something may be, and can be decoded
  kOpen,     // something may be that refers to what lies in front of it
  kRecoded,  // it brings parameter sets the decoder configuration lacks
};

struct FilteredSample {
  bool kept = true;  // false: there is nothing in it to decode
  bool key = true;   // key and refers_back as Packet says them
  bool refers_back = false;
  uint32_t size = 0;  // of what is kept, from the sample's first byte on
};

class SampleFilter {
 public:
  virtual ~SampleFilter() = default;
  // Works in place. `time` is on the input's clock, for messages.
  virtual Result<FilteredSample> Filter(std::span<uint8_t> sample,
                                        int64_t time) const = 0;
  // What the sample is that begins with `head`; nothing where that takes more
  // of it.
  virtual std::optional<KeyKind> KindOf(ByteView head) const = 0;
};

}  // namespace usher
