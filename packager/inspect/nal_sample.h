// Looks into one H.264 or HEVC sample: are its NAL units whole, is it a random
// access point, and does encryption leave clear what must be clear (ISO/IEC
// 14496-15, 23001-7 9.5.2 and 10.4).
#pragma once

#include <span>

#include "packager/encrypt/h264/parameter_sets.h"
#include "packager/encrypt/hevc/parameter_sets.h"
#include "packager/inspect/media_header.h"
#include "packager/inspect/movie_fragment.h"

namespace usher::inspect {

struct NalFacts {
  bool whole = true;              // lengths lead exactly to the sample's end
  bool key = false;               // IDR (H.264), IRAP (HEVC)
  bool refers_back = false;       // RASL (HEVC)
  bool header_protected = false;  // a length or NAL header
  bool other_protected = false;   // a NAL unit that is no picture
  bool slice_header_protected = false;
  // What no NAL unit of a picture holds: 00 00 00..02, or 00 at its end. Told
  // of the bytes as they are, so of use where they are clear.
  bool impossible = false;
};

class NalInspector {
 public:
  explicit NalInspector(const MediaTrack& track);

  // `encryption` is null for a clear sample.
  NalFacts LookAt(ByteView sample, const SampleEncryption* encryption);

 private:
  void LookAtUnit(ByteView unit, size_t offset,
                  std::span<const Subsample> subsamples, NalFacts& facts);

  bool SliceHeaderIsClear(ByteView unit, size_t clear) const;

  const MediaTrack& track_;
  h264::ParameterSets h264_sets_;
  hevc::ParameterSets hevc_sets_;
  bool knows_sets_ = false;
};

}  // namespace usher::inspect
