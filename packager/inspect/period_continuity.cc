#include "packager/inspect/period_continuity.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace usher::inspect {
namespace {

using playlist::ReadAdaptationSet;
using playlist::ReadAddressing;
using playlist::ReadPeriod;
using playlist::ReadRepresentation;

constexpr char kClause[] = "ISO/IEC 23009-1 5.3.2.4";

template <typename T>
const T* WithId(std::span<const T> all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &T::id);
  return found == all.end() ? nullptr : &*found;
}

double OffsetOf(const ReadAddressing& addressing) {
  return static_cast<double>(addressing.presentation_time_offset) /
         static_cast<double>(addressing.timescale);
}

// The media time that plays when the presentation starts: the same in all
// periods of one clock.
double ClockOf(const ReadPeriod& period,
               const ReadRepresentation& representation) {
  return OffsetOf(representation.addressing) - *period.start;
}

void JudgeClock(const ReadPeriod& before, const ReadAdaptationSet& earlier,
                const ReadPeriod& period, const ReadAdaptationSet& set,
                const std::string& place, Findings& findings) {
  if (!before.start || !period.start) return;
  for (const ReadRepresentation& one : set.representations) {
    const auto* other =
        WithId<ReadRepresentation>(earlier.representations, one.id);
    if (other == nullptr) continue;
    const double off = ClockOf(period, one) - ClockOf(before, *other);
    const double tick = 1.0 / static_cast<double>(one.addressing.timescale);
    if (std::abs(off) <= 0.001 + tick) continue;
    findings.Error("dash-period-continuity", place + " " + one.place,
                   "is said to go on from Period " + before.id +
                       ", but its clock jumps by " + InSeconds(off),
                   kClause);
  }
}

}  // namespace

void JudgePeriodContinuity(const playlist::MpdDocument& mpd,
                           const std::string& place, Findings& findings) {
  for (size_t i = 0; i < mpd.periods.size(); ++i) {
    const std::span earlier_periods(mpd.periods.data(), i);
    for (const ReadAdaptationSet& set : mpd.periods[i].sets) {
      if (set.continues_period.empty()) continue;
      const auto* before =
          WithId<ReadPeriod>(earlier_periods, set.continues_period);
      const auto* earlier =
          before == nullptr ? nullptr
                            : WithId<ReadAdaptationSet>(before->sets, set.id);
      if (earlier == nullptr) {
        findings.Error("dash-period-continuity", place + " " + set.place,
                       "is said to go on from Period " + set.continues_period +
                           ", in which no set has its id",
                       kClause);
        continue;
      }
      JudgeClock(*before, *earlier, mpd.periods[i], set, place, findings);
    }
  }
}

}  // namespace usher::inspect
