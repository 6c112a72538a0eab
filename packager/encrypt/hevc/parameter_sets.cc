#include "packager/encrypt/hevc/parameter_sets.h"

#include <optional>

#include "packager/encrypt/hevc/nal_unit.h"

namespace usher::hevc {
namespace {

template <typename Set>
const Set* Find(const std::map<uint32_t, Set>& sets, uint32_t id) {
  const auto found = sets.find(id);
  return found == sets.end() ? nullptr : &found->second;
}

template <typename Set>
bool Put(std::map<uint32_t, Set>& sets, std::optional<Set> set) {
  if (!set) return false;
  sets.insert_or_assign(set->id, *std::move(set));
  return true;
}

}  // namespace

bool ParameterSets::Add(ByteView nal) {
  if (nal.size() < kNalHeaderSize || LayerOf(nal) != 0) return false;
  if (NalType(nal) == kSpsNal) return Put(sps_, ParseSps(nal));
  if (NalType(nal) == kPpsNal) return Put(pps_, ParsePps(nal));
  return false;
}

const Pps* ParameterSets::FindPps(uint32_t id) const { return Find(pps_, id); }

const Sps* ParameterSets::FindSps(uint32_t id) const { return Find(sps_, id); }

}  // namespace usher::hevc
