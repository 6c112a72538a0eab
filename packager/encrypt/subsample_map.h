// Which bytes of an H.264 sample are clear and which are protected
// (ISO/IEC 23001-7 9.5 and 10).
//
// Clear are lengths, NAL headers, slice headers and everything that is no coded
// slice; protected is the slice data. A slice whose header cannot be read is
// protected from behind its NAL header on: it never goes out in the clear.
// Not thread-safe.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/config/scheme.h"
#include "packager/encrypt/h264/decoder_config.h"
#include "packager/encrypt/protection.h"

namespace usher {

// The size of one sample's entry in saiz is a single byte, so that no more fit.
// In a sample of more slices, the last entry protects everything to its end.
inline constexpr size_t kMaxSubsamples = 40;

class SubsampleMapper {
 public:
  // `scheme` is kCbcs or kCenc (where protected ranges are whole blocks).
  SubsampleMapper(Scheme scheme, h264::DecoderConfig config);

  // Forgets parameter sets that came in samples: a segment must be decodable
  // from the init segment on, in whatever order segments are worked on.
  void StartFragment();

  // Covers all of `sample`; at least one entry. Fails (BadInput, without a
  // `where`) where lengths of NAL units lead out of the sample.
  Result<std::vector<Subsample>> Map(ByteView sample);

 private:
  size_t ClearSize(ByteView nal);

  Scheme scheme_;
  h264::DecoderConfig config_;
  h264::ParameterSets sets_;
  bool sets_changed_ = true;
};

}  // namespace usher
