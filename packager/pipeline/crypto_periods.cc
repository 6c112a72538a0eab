#include "packager/pipeline/crypto_periods.h"

#include "core/keys/rotation_schedule.h"

namespace usher {

Result<std::vector<CryptoPeriod>> PlanCryptoPeriods(
    std::span<const MediaTime> segment_starts,
    const config::KeyOptions& options) {
  std::vector<CryptoPeriod> periods;
  keys::RotationSchedule schedule(options.rotation);
  for (size_t i = 0; i < segment_starts.size(); ++i) {
    const double start =
        segment_starts[i].Seconds() - segment_starts.front().Seconds();
    const bool rotates = schedule.BeginsPeriod(start);
    const bool clear = start < options.clear_lead;
    const bool continues = !periods.empty() && periods.back().clear == clear &&
                           (clear || !rotates);
    if (continues) continue;
    const bool same_init = options.style == config::RotationStyle::kSeig &&
                           !periods.empty() && !periods.back().clear;
    periods.push_back({i + 1, segment_starts[i], clear, same_init});
  }
  if (periods.empty()) periods.emplace_back();
  if (periods.back().clear) {
    return BadInput("--clear-lead", "covers the whole presentation",
                    "make it shorter, or say --encryption none");
  }
  return periods;
}

}  // namespace usher
