// JSON as a security decision may read it: one meaning per text.
//
// RFC 8259 leaves duplicate members undefined, so two readers can see two
// tickets in one text (RFC 8725 section 2.4). Checked before a tree is built,
// so that depth and size are bounded first. Thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace usher::ticket {

// Whether `text` is one JSON object, nested at most `max_nesting` deep (the
// object itself is 1), without a duplicate member at any level and without
// U+0000 in a string; valid UTF-8, no byte order mark.
bool IsStrictJsonObject(std::string_view text, size_t max_nesting);

}  // namespace usher::ticket
