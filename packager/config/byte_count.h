// A number of bytes as people write it: "500M", "64G", "1048576".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::config {

// K, M, G and T are powers of 1024. Nothing where it is no whole number, zero,
// or does not fit into 63 bits.
std::optional<uint64_t> ParseByteCount(std::string_view text);

}  // namespace usher::config
