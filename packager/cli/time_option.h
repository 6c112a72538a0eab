// Points in time as options give them.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"

namespace usher::cli {

// "6h" (s, m, h, d) from `now` on, or a UNIX time. `option` names the option in
// the error.
Result<int64_t> ReadTime(const char* option, const std::string& text,
                         int64_t now);

}  // namespace usher::cli
