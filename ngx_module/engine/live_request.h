// What a player asks of a live playlist (rfc8216bis 6.2.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace usher::engine {

struct LiveRequest {
  std::optional<uint64_t> number;  // _HLS_msn
  std::optional<uint64_t> part;    // _HLS_part
  bool delta = false;              // _HLS_skip
};

// From a query. Other arguments are passed over; nothing where one of these
// three is malformed or given twice, or a part is asked for without a number.
std::optional<LiveRequest> ParseLiveRequest(std::string_view args);

// "12.3.m4s": part 3 of segment 12.
struct PartName {
  uint64_t number = 0;
  uint64_t part = 0;
};
std::optional<PartName> ParsePartName(std::string_view file);

}  // namespace usher::engine
