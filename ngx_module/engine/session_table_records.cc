// What a shard is told from outside and what of it outlives the box: records
// become slots, slots become records.
#include <vector>

#include "ngx_module/engine/session_table.h"

namespace usher::engine {
namespace {

constexpr uint32_t kForever = UINT32_MAX;

StateRecord RecordOf(const Slot& slot) {
  StateRecord record;
  record.kind = slot.kind;
  record.id = slot.id;
  if (slot.kind == SlotKind::kEvent) {
    record.state = static_cast<EventState>(slot.flags);
    record.number = slot.number;
  } else if (slot.kind == SlotKind::kList) {
    record.number = slot.number;
  } else {
    record.ticket = slot.ticket;
    record.until = slot.expires;
  }
  return record;
}

Slot SlotOf(const StateRecord& record, uint32_t now) {
  Slot slot;
  slot.kind = record.kind;
  slot.id = record.id;
  slot.ticket = record.ticket;
  slot.since = now;
  slot.number = record.number;
  slot.flags = static_cast<uint8_t>(record.state);
  const bool ends =
      record.kind != SlotKind::kEvent && record.kind != SlotKind::kList;
  slot.expires = ends ? record.until : kForever;
  return slot;
}

}  // namespace

bool SessionTable::Apply(const StateRecord& record, uint32_t now) {
  const SlotPool::Change change(pool_);
  counters_->Count(static_cast<unsigned>(Counter::kChanged));
  const Slot wanted = SlotOf(record, now);
  if (record.kind == SlotKind::kEvicted ||
      record.kind == SlotKind::kRevokedSession) {
    return ApplyToSession(record, now);
  }
  if (Slot* const slot = pool_.Find(record.kind, record.id)) {
    pool_.Remove(*slot);
  }
  return wanted.expires <= now || pool_.Add(wanted, now) != nullptr;
}

bool SessionTable::ApplyToSession(const StateRecord& record, uint32_t now) {
  if (Slot* const slot = pool_.FindSession(record.id)) {
    const bool is_revoked = slot->kind == SlotKind::kRevokedSession;
    const bool revokes = record.kind == SlotKind::kRevokedSession;
    // An eviction does not undo a revocation, and what takes a revocation back
    // undoes no eviction and frees no seat.
    if (is_revoked && !revokes) return true;
    if (!is_revoked && revokes && record.until <= now) return true;
    pool_.Remove(*slot);
  }
  return record.until <= now || pool_.Add(SlotOf(record, now), now) != nullptr;
}

bool SessionTable::IsInForce(const StateRecord& record, uint32_t now) const {
  const Slot* const slot = pool_.Find(record.kind, record.id);
  const bool wanted = record.until > now;
  return wanted ? slot != nullptr && slot->expires == record.until
                : slot == nullptr;
}

void SessionTable::Collect(std::vector<StateRecord>& records,
                           uint32_t now) const {
  for (const Slot& slot : pool_.slots()) {
    if (IsLasting(slot.kind) && slot.expires > now) {
      records.push_back(RecordOf(slot));
    }
  }
}

void SessionTable::CollectSeats(const SlotId& ticket, uint32_t now,
                                std::vector<StateRecord>& records) const {
  for (const Slot* slot = pool_.FirstOfTicket(ticket); slot != nullptr;
       slot = pool_.NextOfTicket(*slot)) {
    if (slot->expires > now) records.push_back(EvictionOf(*slot));
  }
}

StateRecord SessionTable::EventOf(const SlotId& event, uint32_t starts) const {
  const Slot* const slot = pool_.Find(SlotKind::kEvent, event);
  if (slot != nullptr) return RecordOf(*slot);
  StateRecord open;
  open.kind = SlotKind::kEvent;
  open.id = event;
  open.number = starts;
  return open;
}

}  // namespace usher::engine
