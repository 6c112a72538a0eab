#include "packager/encrypt/h264/parameter_sets.h"

#include <algorithm>
#include <optional>

#include "packager/encrypt/h264/nal_unit.h"

namespace usher::h264 {
namespace {

template <typename Set>
const Set* Find(const std::vector<Set>& sets, uint32_t id) {
  const auto found = std::ranges::find(sets, id, &Set::id);
  return found == sets.end() ? nullptr : &*found;
}

template <typename Set>
bool Put(std::vector<Set>& sets, const std::optional<Set>& set) {
  if (!set) return false;
  const auto found = std::ranges::find(sets, set->id, &Set::id);
  if (found == sets.end()) {
    sets.push_back(*set);
  } else {
    *found = *set;
  }
  return true;
}

}  // namespace

bool ParameterSets::Add(ByteView nal) {
  if (nal.empty()) return false;
  if (NalType(nal) == kSpsNal) return Put(sps_, ParseSps(nal));
  if (NalType(nal) == kPpsNal) return Put(pps_, ParsePps(nal));
  return false;
}

const Pps* ParameterSets::FindPps(uint32_t id) const { return Find(pps_, id); }

const Sps* ParameterSets::FindSps(uint32_t id) const { return Find(sps_, id); }

}  // namespace usher::h264
