// AVCDecoderConfigurationRecord, the contents of avcC
// (ISO/IEC 14496-15 5.3.3.1).
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/h264/parameter_sets.h"

namespace usher::h264 {

struct DecoderConfig {
  unsigned nal_length_size = 4;  // bytes in front of each NAL unit, 1 to 4
  ParameterSets parameter_sets;
};

// Nothing where the record is cut short or of another version. Parameter sets
// in it that cannot be read are left out: what needs them will say so.
std::optional<DecoderConfig> ParseDecoderConfig(ByteView avcc);

}  // namespace usher::h264
