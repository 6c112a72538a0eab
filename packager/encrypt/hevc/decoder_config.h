// HEVCDecoderConfigurationRecord, the contents of hvcC (ISO/IEC 14496-15
// 8.3.2.1).
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "packager/encrypt/hevc/parameter_sets.h"

namespace usher::hevc {

struct DecoderConfig {
  unsigned nal_length_size = 4;  // bytes in front of each NAL unit, 1 to 4
  ParameterSets parameter_sets;
};

// Nothing where the record is cut short or of another version. Parameter sets
// in it that cannot be read are left out: what needs them will say so.
std::optional<DecoderConfig> ParseDecoderConfig(ByteView hvcc);

}  // namespace usher::hevc
