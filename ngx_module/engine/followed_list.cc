#include "ngx_module/engine/followed_list.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

namespace usher::engine {
namespace {

using ticket::Revocation;

StateRecord RecordOf(const Revocation& revocation, House& house) {
  StateRecord record;
  record.until = revocation.until;
  switch (revocation.kind) {
    case Revocation::Kind::kTicket:
      record.kind = SlotKind::kRevokedTicket;
      record.id = revocation.id;
      break;
    case Revocation::Kind::kSession:
      return house.About(SlotKind::kRevokedSession, revocation.id,
                         revocation.until);
    case Revocation::Kind::kKey: {
      record.kind = SlotKind::kRevokedKey;
      std::array<uint8_t, 4> hash;
      std::copy_n(revocation.id.begin(), hash.size(), hash.begin());
      record.id = KeyIdOf(hash);
      break;
    }
  }
  return record;
}

}  // namespace

Result<std::vector<StateRecord>> Follow(const ticket::RevocationList& list,
                                        House& house, StateFile& state,
                                        uint32_t now) {
  const uint32_t newest = house.ListSequence();
  if (list.sequence == newest) return {};
  if (list.sequence < newest) {
    return BadInput("the revocation list",
                    "has sequence " + std::to_string(list.sequence) +
                        ", older than " + std::to_string(newest),
                    "somebody put back an old one");
  }
  std::vector<StateRecord> records;
  for (const Revocation& revocation : list.revocations) {
    const StateRecord record = RecordOf(revocation, house);
    if (!house.IsInForce(record, now)) records.push_back(record);
  }
  StateRecord followed;
  followed.kind = SlotKind::kList;
  followed.number = list.sequence;
  // Only when all the others are in force: else the list is taken again.
  for (const std::span<const StateRecord> step :
       {std::span<const StateRecord>(records), {&followed, 1}}) {
    if (step.empty()) continue;
    if (Status changed = state.Change(house, step, now); !changed) {
      return std::unexpected(changed.error());
    }
  }
  records.push_back(followed);
  return records;
}

}  // namespace usher::engine
