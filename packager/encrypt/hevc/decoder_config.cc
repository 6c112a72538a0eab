#include "packager/encrypt/hevc/decoder_config.h"

namespace usher::hevc {
namespace {

constexpr size_t kHeadSize = 23;  // numOfArrays is its last byte

unsigned TakeU16(ByteView& rest) {
  const unsigned value = static_cast<unsigned>(rest[0]) << 8 | rest[1];
  rest = rest.subspan(2);
  return value;
}

// NAL units of one type, each behind its 16-bit length.
bool TakeArray(ByteView& rest, ParameterSets& sets) {
  if (rest.size() < 3) return false;
  rest = rest.subspan(1);
  for (unsigned left = TakeU16(rest); left > 0; --left) {
    if (rest.size() < 2) return false;
    const size_t size = TakeU16(rest);
    if (rest.size() < size) return false;
    sets.Add(rest.first(size));
    rest = rest.subspan(size);
  }
  return true;
}

}  // namespace

std::optional<DecoderConfig> ParseDecoderConfig(ByteView hvcc) {
  if (hvcc.size() < kHeadSize || hvcc[0] != 1) return std::nullopt;
  DecoderConfig config;
  config.nal_length_size = (hvcc[21] & 3U) + 1;
  ByteView rest = hvcc.subspan(kHeadSize);
  for (unsigned left = hvcc[22]; left > 0; --left) {
    if (!TakeArray(rest, config.parameter_sets)) return std::nullopt;
  }
  return config;
}

}  // namespace usher::hevc
