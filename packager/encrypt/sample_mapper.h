// Which bytes of a sample are clear and which are protected (ISO/IEC 23001-7
// 9.5 and 10, and the bindings of VP9 and AV1 to ISO BMFF). Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/encrypt/protection.h"
#include "packager/track/track.h"

namespace usher {

class SampleMapper {
 public:
  virtual ~SampleMapper() = default;

  // Forgets what samples told of later ones: a segment must be decodable from
  // the init segment on, in whatever order segments are worked on.
  virtual void StartFragment() = 0;

  // Covers all of `sample`; at least one entry. Fails (BadInput, without a
  // `where`) where the sample's structure leads out of it.
  virtual Result<std::vector<Subsample>> Map(ByteView sample) = 0;
};

// `scheme` is kCbcs or kCenc. Null where samples are protected as a whole:
// sound. Fails (BadInput) where the decoder configuration cannot be read.
Result<std::unique_ptr<SampleMapper>> MakeSampleMapper(Scheme scheme,
                                                       const Track& track);

}  // namespace usher
