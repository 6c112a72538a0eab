// Hexadecimal text, two digits a byte. Written in lower case, read in either.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace usher {

std::string ToHex(ByteView bytes);

// Nothing where `text` has an odd length or a character that is no hex digit.
std::optional<Bytes> FromHex(std::string_view text);

}  // namespace usher
