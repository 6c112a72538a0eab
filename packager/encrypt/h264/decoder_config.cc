#include "packager/encrypt/h264/decoder_config.h"

namespace usher::h264 {
namespace {

constexpr size_t kHeadSize = 6;

// Takes `count` NAL units, each behind its 16-bit length, off `rest`.
bool TakeParameterSets(ByteView& rest, unsigned count, ParameterSets& sets) {
  for (unsigned i = 0; i < count; ++i) {
    if (rest.size() < 2) return false;
    const size_t size = static_cast<size_t>(rest[0]) << 8 | rest[1];
    if (rest.size() - 2 < size) return false;
    sets.Add(rest.subspan(2, size));
    rest = rest.subspan(2 + size);
  }
  return true;
}

}  // namespace

std::optional<DecoderConfig> ParseDecoderConfig(ByteView avcc) {
  if (avcc.size() < kHeadSize + 1 || avcc[0] != 1) return std::nullopt;
  DecoderConfig config;
  config.nal_length_size = (avcc[4] & 3U) + 1;
  ByteView rest = avcc.subspan(kHeadSize);
  const unsigned sps_count = avcc[5] & 0x1FU;
  if (!TakeParameterSets(rest, sps_count, config.parameter_sets)) {
    return std::nullopt;
  }
  if (rest.empty()) return std::nullopt;
  const unsigned pps_count = rest[0];
  rest = rest.subspan(1);
  if (!TakeParameterSets(rest, pps_count, config.parameter_sets)) {
    return std::nullopt;
  }
  return config;
}

}  // namespace usher::h264
