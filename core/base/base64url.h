// base64url without padding, strict: RFC 4648 section 5 as RFC 7515 uses it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace usher {

std::string ToBase64Url(ByteView bytes);

// Refuses padding, white space, characters of the other alphabet, a length of
// 1 modulo 4 and non-zero bits behind the last byte: one text per value.
std::optional<Bytes> FromBase64Url(std::string_view text);

// The same into a buffer of exactly the decoded size, without allocating.
// False, and `out` unspecified, where `text` is refused or of another size.
bool DecodeBase64Url(std::string_view text, std::span<uint8_t> out);

// With padding and "+/": MPD pssh boxes and PEM-like text only.
std::string ToBase64(ByteView bytes);
// The same read back. White space is left out, as XML may wrap it, and padding
// may be missing.
std::optional<Bytes> FromBase64(std::string_view text);

}  // namespace usher
