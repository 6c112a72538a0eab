// What an AAC decoder must know before the first frame: the
// AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"

namespace usher {

struct AacConfig {
  static constexpr unsigned kLc = 2;
  static constexpr unsigned kSbr = 5;  // HE-AAC
  static constexpr unsigned kPs = 29;  // HE-AAC v2

  unsigned object_type = kLc;          // kSbr or kPs where signalled explicitly
  unsigned core_object_type = kLc;     // of the AAC core
  uint32_t core_sample_rate = 0;       // of the AAC core
  uint32_t sample_rate = 0;            // of what comes out
  unsigned channel_configuration = 0;  // 0: in a program config element
  uint32_t core_frame_size = 1024;     // 960 in broadcast

  static Result<AacConfig> Parse(ByteView config);
  // RFC 6381: "mp4a.40.2".
  std::string Codecs() const;
  // Samples a frame, at `sample_rate`.
  uint32_t FrameSize() const {
    return core_frame_size * (sample_rate / core_sample_rate);
  }
};

}  // namespace usher
