// What one request's CMCD says of its player (CTA-5004, CTA-5004-A), as numbers
// that can be added up. Players are not believed much: numbers out of bounds
// are as if they were not said, and none of this decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace usher::engine {

struct PlayerReport {
  std::optional<uint32_t> bitrate = {};      // br, kbit/s, at most 1 Gbit/s
  std::optional<uint32_t> throughput = {};   // mtp, kbit/s, at most 10 Gbit/s
  std::optional<uint32_t> start_delay = {};  // msd, ms, at most 10 minutes
  std::optional<uint32_t> latency = {};  // ltc, ms behind live, at most an hour
  bool starved = false;                  // bs: its buffer ran empty
  bool starting = false;                 // su: it has not begun to play
};

// Of the argument CMCD in a raw query, or else of the CMCD headers. Nothing
// where neither says anything.
std::optional<PlayerReport> ReadPlayerReport(
    std::string_view query, std::span<const std::string_view> headers);

}  // namespace usher::engine
