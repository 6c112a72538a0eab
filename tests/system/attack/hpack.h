// What a header block of HTTP/2 says in letters (RFC 7541).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing {

// Every name and value that is spelled out, in order, unpacked where it is
// Huffman coded; what stands in HPACK's own table only is left out. Nothing
// where the block is damaged.
std::optional<std::vector<std::string>> LiteralsOf(std::string_view block);

}  // namespace usher::testing
