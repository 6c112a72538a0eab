// Samples as an elementary stream has them: H.264 behind start codes, with an
// access unit delimiter and, where decoding can start, parameter sets (ITU-T
// H.264 Annex B, 7.4.1.2.3); AAC frames behind ADTS headers (ISO/IEC 13818-7
// 6.2).
//
// Immutable and thread-safe.
#pragma once

#include <memory>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/track/track.h"

namespace usher::ts {

class AccessUnitWriter {
 public:
  virtual ~AccessUnitWriter() = default;
  // Appends one sample to `out`. Fails (BadInput) where its form is broken.
  virtual Status Append(ByteView sample, bool key, Bytes& out) const = 0;
};

// Fails (BadInput) where MPEG-TS, or old devices, cannot have the track.
Result<std::unique_ptr<AccessUnitWriter>> MakeAccessUnitWriter(
    const Track& track);

}  // namespace usher::ts
