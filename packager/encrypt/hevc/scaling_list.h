// scaling_list_data() of ITU-T H.265 7.3.4: only its length matters.
#pragma once

#include "packager/encrypt/rbsp_reader.h"

namespace usher::hevc {

void SkipScalingLists(RbspReader& reader);

}  // namespace usher::hevc
