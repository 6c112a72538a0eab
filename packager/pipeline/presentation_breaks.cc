#include "packager/pipeline/presentation_breaks.h"

#include <map>

namespace usher {

using manifest::Break;

std::vector<Break> BreaksOf(Scheme scheme, const PackagePlan& plan,
                            std::span<const CryptoPeriod> periods) {
  std::map<uint64_t, Break> by_number;
  // Elsewhere players take a new key within a period.
  const bool new_inits = scheme == Scheme::kCbcs || scheme == Scheme::kCenc;
  for (const CryptoPeriod& period : periods) {
    if (!new_inits || period.first_number == 1 || period.same_init) continue;
    by_number[period.first_number] = {Break::Kind::kCryptoPeriod,
                                      period.first_number, period.at};
  }
  for (const uint64_t number : plan.jumps) {
    by_number[number] = {Break::Kind::kDiscontinuity, number,
                         plan.segment_starts[number - 1]};
  }
  std::vector<Break> breaks;
  for (const auto& [number, each] : by_number) breaks.push_back(each);
  return breaks;
}

}  // namespace usher
