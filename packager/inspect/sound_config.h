// How many channels a codec's own configuration tells of, in the sample entry's
// boxes: the entry's field may be a template value (ISO/IEC 14496-12 12.2.3).
#pragma once

#include "core/base/bytes.h"

namespace usher::inspect {

// `boxes` are those of a sound sample entry: dOps, dfLa, esds, dac3, dec3. 0
// where none of them says.
unsigned CodedChannels(ByteView boxes);

}  // namespace usher::inspect
