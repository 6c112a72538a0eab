// Sample groups of type 'seig': samples that are protected in another way than
// tenc says (ISO/IEC 23001-7 6; ISO/IEC 14496-12 8.9).
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "packager/inspect/media_header.h"

namespace usher::inspect {

// The entries of sgpd among the boxes of a traf or an stbl, in order; they do
// not tell the scheme, so `scheme` is told of each. What is damaged is left
// out.
std::vector<Protection> ReadSeigGroups(ByteView boxes,
                                       const std::string& scheme);

}  // namespace usher::inspect
