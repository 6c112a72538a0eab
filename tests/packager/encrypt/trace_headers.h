// Where FFmpeg's trace_headers bitstream filter sees slice headers end: an
// oracle for slice header parsing that shares nothing with ours.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace usher::testing {

// Bits of each slice's header, NAL header included and emulation prevention
// bytes not, in stream order. `input_options` go in front of "-i".
std::vector<size_t> TracedSliceHeaderBits(
    const std::filesystem::path& file,
    const std::vector<std::string>& input_options = {});

// The same of HEVC: slice segment headers with their byte_alignment().
std::vector<size_t> TracedHevcSliceHeaderBits(
    const std::filesystem::path& file);

}  // namespace usher::testing
