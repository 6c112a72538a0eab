#include "packager/inspect/iv_ledger.h"

#include <algorithm>
#include <tuple>

namespace usher::inspect {
namespace {

using Wide = unsigned __int128;

Wide Counter(const std::array<uint8_t, 16>& iv) {
  Wide value = 0;
  for (const uint8_t byte : iv) value = value << 8 | byte;
  return value;
}

}  // namespace

void IvLedger::Add(const std::string& location, const std::string& place,
                   const IvUse& use) {
  entries_.push_back({use, ResourceOf(location, place)});
}

size_t IvLedger::ResourceOf(const std::string& location,
                            const std::string& place) {
  const auto [resource, fresh] = resources_.emplace(location, places_.size());
  if (fresh) places_.push_back(place);
  return resource->second;
}

void IvLedger::Report(Findings& findings) {
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    return std::tie(a.use.kid, a.use.iv, a.resource, a.use.offset) <
           std::tie(b.use.kid, b.use.iv, b.resource, b.use.offset);
  });
  for (size_t i = 1; i < entries_.size(); ++i) {
    const Entry& before = entries_[i - 1];
    const Entry& entry = entries_[i];
    const bool same_sample = before.resource == entry.resource &&
                             before.use.offset == entry.use.offset;
    if (same_sample || before.use.kid != entry.use.kid ||
        Counter(entry.use.iv) - Counter(before.use.iv) >= before.use.blocks) {
      continue;
    }
    findings.Error(
        "cenc-iv-reuse", places_[entry.resource],
        "samples share key and IV with samples of " + places_[before.resource],
        "ISO/IEC 23001-7 9.2");
  }
}

}  // namespace usher::inspect
