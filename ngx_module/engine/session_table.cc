#include "ngx_module/engine/session_table.h"

#include <algorithm>
#include <new>

namespace usher::engine {
namespace {

constexpr uint8_t kPosted = 1;  // a seated slot's flag
constexpr uint32_t kQuarrelSeconds = 600;

bool IsLive(const Slot& slot, uint32_t now, uint32_t idle) {
  return uint64_t{slot.seen} + idle >= now && slot.expires > now;
}

Entry Refuse(Denial denial, const char* reason) {
  Entry entry;
  entry.denial = denial;
  entry.reason = reason;
  return entry;
}

Slot SeatOf(const session::Session& session, Entrance entrance, uint32_t now) {
  Slot slot;
  slot.id = session.sid;
  slot.ticket = session.ticket;
  slot.event = session.event;
  slot.expires = session.expires;
  slot.seen = now;
  slot.since = now;
  slot.seats = session.seats;
  slot.flags = entrance == Entrance::kPost ? kPosted : 0;
  slot.kind = SlotKind::kSeated;
  return slot;
}

}  // namespace

SessionTable::SessionTable(std::span<std::byte> memory)
    : counters_(reinterpret_cast<Counters*>(memory.data())),
      pool_(memory.subspan(sizeof(Counters))) {
  static_assert(sizeof(Counters) % alignof(Slot) == 0);
}

void SessionTable::Format() {
  new (counters_) Counters;
  pool_.Format();
}

bool SessionTable::IsUsable() const { return pool_.IsUsable(); }

Entry SessionTable::Enter(const session::Session& session, Entrance entrance,
                          const SeatRules& rules, uint32_t now,
                          const session::SessionId* handed_back) {
  const SlotPool::Change change(pool_);
  if (const auto barred = Barred(session, now)) return *barred;
  if (handed_back != nullptr) HandOn(session, *handed_back, rules, now);
  Slot* const slot = pool_.FindSession(session.sid);
  if (slot != nullptr && slot->kind == SlotKind::kHandedOn) {
    // What the old page still asks for.
    if (IsLive(*slot, now, rules.idle)) return {};
    pool_.Remove(*slot);
  } else if (slot != nullptr && IsLive(*slot, now, rules.idle)) {
    if (entrance != Entrance::kPeek) pool_.Use(*slot, now);
    return {};
  }
  if (entrance == Entrance::kPeek) return {};
  return TakeSeat(session, entrance, rules, now);
}

Entry SessionTable::MayOpen(const session::Session& session, uint32_t now) {
  const SlotPool::Change change(pool_);
  return Barred(session, now).value_or(Entry{});
}

void SessionTable::Leave(const session::SessionId& sid) {
  const SlotPool::Change change(pool_);
  Slot* const slot = pool_.FindSession(sid);
  if (slot == nullptr) return;
  if (slot->kind == SlotKind::kSeated || slot->kind == SlotKind::kHandedOn) {
    pool_.Remove(*slot);
  }
}

size_t SessionTable::Live(uint32_t now, uint32_t idle) const {
  return static_cast<size_t>(
      std::ranges::count_if(pool_.slots(), [&](const Slot& slot) {
        return slot.kind == SlotKind::kSeated && IsLive(slot, now, idle);
      }));
}

Entry SessionTable::TakeSeat(const session::Session& session, Entrance entrance,
                             const SeatRules& rules, uint32_t now) {
  Entry entry;
  while (Seated(session.ticket, rules, now) >= session.seats) {
    Slot* const victim = Victim(session, entrance, rules, now);
    if (victim == nullptr) {
      entry.denial = Denial::kSeatsTaken;
      entry.reason = "seats";
      return entry;
    }
    entry.evicted.push_back(Evict(*victim, now));
  }
  // Without a slot it comes in all the same: it has paid.
  pool_.Add(SeatOf(session, entrance, now), now);
  entry.seated = true;
  return entry;
}

std::optional<Entry> SessionTable::Barred(const session::Session& session,
                                          uint32_t now) {
  const Slot* const slot = pool_.FindSession(session.sid);
  if (slot == nullptr || slot->expires <= now) return {};
  if (slot->kind == SlotKind::kEvicted) {
    return Refuse(Denial::kSessionEvicted, "evicted");
  }
  return {};
}

// For a moment both may ask: the old page's last requests are under way.
void SessionTable::HandOn(const session::Session& session,
                          const session::SessionId& old, const SeatRules& rules,
                          uint32_t now) {
  Slot* const slot = pool_.FindSession(old);
  if (slot == nullptr || slot->kind != SlotKind::kSeated ||
      slot->ticket != session.ticket || old == session.sid) {
    return;
  }
  if (!IsLive(*slot, now, rules.idle)) return;
  slot->seen = now;
  pool_.Become(*slot, SlotKind::kHandedOn);
}

// How many seats of the ticket are taken. What is idle is forgotten meanwhile,
// so that the chain of a ticket is as short as its seats are few.
size_t SessionTable::Seated(const SlotId& ticket, const SeatRules& rules,
                            uint32_t now) {
  size_t seated = 0;
  for (Slot* slot = pool_.FirstOfTicket(ticket); slot != nullptr;) {
    Slot* const next = pool_.NextOfTicket(*slot);
    if (IsLive(*slot, now, rules.idle)) {
      ++seated;
    } else {
      pool_.Remove(*slot);
    }
    slot = next;
  }
  return seated;
}

// Whose seat a newcomer takes: the longest idle's. Where a ticket is fought
// over, who came by POST may still push out who did not, and nobody else.
Slot* SessionTable::Victim(const session::Session& session, Entrance entrance,
                           const SeatRules& rules, uint32_t now) const {
  if (!rules.evict_oldest) return nullptr;
  const bool fought = IsFoughtOver(session.ticket, rules, now);
  if (fought && entrance != Entrance::kPost) return nullptr;
  Slot* victim = nullptr;
  for (Slot* slot = pool_.FirstOfTicket(session.ticket); slot != nullptr;
       slot = pool_.NextOfTicket(*slot)) {
    if (fought && (slot->flags & kPosted) != 0) continue;
    if (victim == nullptr || slot->used < victim->used) victim = slot;
  }
  return victim;
}

bool SessionTable::IsFoughtOver(const SlotId& ticket, const SeatRules& rules,
                                uint32_t now) const {
  const Slot* const quarrel = pool_.Find(SlotKind::kQuarrel, ticket);
  return quarrel != nullptr && quarrel->expires > now &&
         quarrel->number >= rules.evictions;
}

Tombstone SessionTable::Evict(Slot& victim, uint32_t now) {
  const Tombstone stone = {SlotKind::kEvicted, victim.id, victim.expires};
  const SlotId ticket = victim.ticket;
  pool_.Become(victim, SlotKind::kEvicted);
  NoteEviction(ticket, now);
  counters_->Count(static_cast<unsigned>(Counter::kEvicted));
  return stone;
}

void SessionTable::NoteEviction(const SlotId& ticket, uint32_t now) {
  Slot* quarrel = pool_.Find(SlotKind::kQuarrel, ticket);
  if (quarrel != nullptr && quarrel->expires <= now) {
    pool_.Remove(*quarrel);
    quarrel = nullptr;
  }
  if (quarrel != nullptr) {
    ++quarrel->number;
    return;
  }
  Slot first;
  first.id = ticket;
  first.ticket = ticket;
  first.number = 1;
  first.expires = now + kQuarrelSeconds;
  first.kind = SlotKind::kQuarrel;
  pool_.Add(first, now);
}

}  // namespace usher::engine
