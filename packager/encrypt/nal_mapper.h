// The subsample map of H.264 and HEVC (ISO/IEC 23001-7 9.5 and 10).
//
// Clear are lengths, NAL headers, slice headers and everything that is no coded
// slice; protected is the slice data. A slice whose header cannot be read is
// protected from behind its NAL header on.
#pragma once

#include <memory>

#include "packager/encrypt/h264/decoder_config.h"
#include "packager/encrypt/hevc/decoder_config.h"
#include "packager/encrypt/sample_mapper.h"

namespace usher {

// `scheme` is kCbcs or kCenc (where protected ranges are whole blocks).
std::unique_ptr<SampleMapper> MakeNalMapper(Scheme scheme,
                                            h264::DecoderConfig config);
std::unique_ptr<SampleMapper> MakeNalMapper(Scheme scheme,
                                            hevc::DecoderConfig config);

}  // namespace usher
