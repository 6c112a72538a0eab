#include "ngx_module/engine/player_report.h"

#include <string>

#include "core/base/parse_number.h"
#include "ngx_module/engine/cmcd.h"

namespace usher::engine {
namespace {

constexpr uint32_t kMostBitrate = 1'000'000;
constexpr uint32_t kMostThroughput = 10'000'000;
constexpr uint32_t kMostStartDelay = 10 * 60 * 1000;
constexpr uint32_t kMostLatency = 60 * 60 * 1000;

using Texts = std::span<const std::string_view>;

std::string_view ValueIn(Texts texts, std::string_view key) {
  for (const std::string_view text : texts) {
    const std::string_view value = CmcdValue(text, key);
    if (!value.empty()) return value;
  }
  return {};
}

std::optional<uint32_t> NumberIn(Texts texts, std::string_view key,
                                 uint32_t most) {
  const auto number = ParseNumber<uint32_t>(ValueIn(texts, key));
  return number && *number <= most ? number : std::nullopt;
}

PlayerReport ReportIn(Texts texts) {
  return {.bitrate = NumberIn(texts, "br", kMostBitrate),
          .throughput = NumberIn(texts, "mtp", kMostThroughput),
          .start_delay = NumberIn(texts, "msd", kMostStartDelay),
          .latency = NumberIn(texts, "ltc", kMostLatency),
          .starved = ValueIn(texts, "bs") == "1",
          .starting = ValueIn(texts, "su") == "1"};
}

}  // namespace

std::optional<PlayerReport> ReadPlayerReport(std::string_view query,
                                             Texts headers) {
  const std::string argument = CmcdOfQuery(query);
  if (!argument.empty()) {
    const std::string_view only = argument;
    return ReportIn({&only, 1});
  }
  if (headers.empty()) return {};
  return ReportIn(headers);
}

}  // namespace usher::engine
