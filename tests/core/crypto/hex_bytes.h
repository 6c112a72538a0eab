// Hexadecimal literals of the standards' vectors as bytes.
#pragma once

#include <string_view>

#include "core/base/hex.h"

namespace usher::testing {

// Aborts on a typing error in the literal.
inline Bytes Hex(std::string_view text) { return FromHex(text).value(); }

}  // namespace usher::testing
