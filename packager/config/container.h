// What segments are: the two forms `--container` names.
#pragma once

#include <optional>
#include <string_view>

namespace usher {

enum class Container {
  kCmaf,  // fragmented MP4, ISO/IEC 23000-19
  kTs,    // MPEG-TS, for old devices: HLS only, clear or aes-128
};

// "cmaf", "ts".
std::string_view ContainerName(Container container);
std::optional<Container> ParseContainer(std::string_view name);

// Of a segment's file: "m4s", "ts".
std::string_view SegmentExtension(Container container);

}  // namespace usher
