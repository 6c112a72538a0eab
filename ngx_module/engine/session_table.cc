#include "ngx_module/engine/session_table.h"

#include <algorithm>
#include <new>

namespace usher::engine {
namespace {

// A seated slot's flags.
constexpr uint8_t kPosted = 1;
constexpr uint8_t kWatched = 2;  // several clients have used it
constexpr uint32_t kQuarrelSeconds = 600;
// Evictions beyond those that start a quarrel: then nobody pushes out anybody.
constexpr uint32_t kLastEvictions = 32;
// How long a page that was loaded again may still ask, and how often the pages
// of a ticket get that: two of them may not take turns for an evening.
constexpr uint32_t kLingerSeconds = 10;
constexpr Rate kLingering = {.per_minute = 1, .burst = 8};
constexpr uint32_t kJitterSeconds = 60;
constexpr uint32_t kAskAgainSeconds = 30;  // while nobody knows when it opens

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

// Counters, watches, rates, good tickets, slots.
SessionTable::SessionTable(std::span<std::byte> memory)
    : counters_(reinterpret_cast<Counters*>(memory.data())),
      watch_(memory.subspan(sizeof(Counters),
                            ClientWatch::ShareOf(memory.size()))),
      rates_(
          memory.subspan(sizeof(Counters) + ClientWatch::ShareOf(memory.size()),
                         RateTable::ShareOf(memory.size()))),
      good_tickets_(memory.subspan(sizeof(Counters) +
                                       ClientWatch::ShareOf(memory.size()) +
                                       RateTable::ShareOf(memory.size()),
                                   RateTable::ShareOf(memory.size()))),
      pool_(memory.subspan(sizeof(Counters) +
                           ClientWatch::ShareOf(memory.size()) +
                           2 * RateTable::ShareOf(memory.size()))) {
  static_assert(sizeof(Counters) % alignof(Slot) == 0);
}

void SessionTable::Format(const SipKey& key) {
  new (counters_) Counters;
  watch_.Format(key);
  rates_.Format();
  good_tickets_.Format();
  pool_.Format();
}

bool SessionTable::IsUsable() const { return pool_.IsUsable(); }

Entry SessionTable::Enter(const session::Session& session, Entrance entrance,
                          const SeatRules& rules, uint32_t now,
                          const session::SessionId* handed_back,
                          const Visit* visit) {
  const SlotPool::Change change(pool_);
  const bool opening = entrance == Entrance::kPost;
  const StateRecord event = EventOf(session.event, rules.starts);
  if (event.state == EventState::kOpenToAll) return {};
  if (const auto barred = Barred(session, opening, now)) return *barred;
  if (const auto early = OutOfHours(session, event, now)) return *early;
  if (handed_back == nullptr) {
    return ComeIn(session, entrance, rules, now, visit);
  }
  const auto gone = HandOn(session, *handed_back, rules, now);
  Entry entry = ComeIn(session, entrance, rules, now, visit);
  if (gone) entry.evicted.push_back(*gone);
  return entry;
}

Entry SessionTable::ComeIn(const session::Session& session, Entrance entrance,
                           const SeatRules& rules, uint32_t now,
                           const Visit* visit) {
  Slot* const slot = pool_.FindSession(session.sid);
  if (slot != nullptr && slot->kind == SlotKind::kHandedOn) {
    // What the old page still asks for.
    if (IsLive(*slot, now, std::min(rules.idle, kLingerSeconds))) return {};
    pool_.Remove(*slot);
  } else if (slot != nullptr && IsLive(*slot, now, rules.idle)) {
    if (entrance == Entrance::kPeek) return {};
    return Use(*slot, session, rules, now, visit);
  }
  if (entrance == Entrance::kPeek) return {};
  Entry entry = TakeSeat(session, entrance, rules, now);
  Slot* const seat = pool_.FindSession(session.sid);
  if (seat != nullptr && entrance == Entrance::kUse && visit != nullptr) {
    seat->client = watch_.ClientOf(*visit);
  }
  return entry;
}

void SessionTable::Forget(const session::SessionId& sid, const Visit& visit) {
  const SlotPool::Change change(pool_);
  const Slot* const slot = pool_.FindSession(sid);
  if (slot == nullptr || (slot->flags & kWatched) == 0) return;
  watch_.Forget(sid, watch_.ClientOf(visit), visit);
}

Entry SessionTable::MayOpen(const session::Session& session, uint32_t now,
                            uint32_t starts) {
  const SlotPool::Change change(pool_);
  const StateRecord event = EventOf(session.event, starts);
  if (event.state == EventState::kOpenToAll) return {};
  if (const auto barred = Barred(session, /*opening=*/true, now)) {
    return *barred;
  }
  return OutOfHours(session, event, now).value_or(Entry{});
}

void SessionTable::Leave(const session::SessionId& sid) {
  const SlotPool::Change change(pool_);
  Slot* const slot = pool_.FindSession(sid);
  if (slot == nullptr) return;
  if (slot->kind == SlotKind::kSeated || slot->kind == SlotKind::kHandedOn) {
    pool_.Remove(*slot);
  }
}

uint64_t SessionTable::Changes() const {
  return counters_->Of(static_cast<unsigned>(Counter::kChanged));
}

void SessionTable::AddLive(std::map<SlotId, uint64_t>& live, uint32_t now,
                           uint32_t idle) const {
  for (const Slot& slot : pool_.slots()) {
    if (slot.kind == SlotKind::kSeated && IsLive(slot, now, idle)) {
      ++live[slot.event];
    }
  }
}

size_t SessionTable::Live(uint32_t now, uint32_t idle) const {
  return static_cast<size_t>(
      std::ranges::count_if(pool_.slots(), [&](const Slot& slot) {
        return slot.kind == SlotKind::kSeated && IsLive(slot, now, idle);
      }));
}

Entry SessionTable::Use(Slot& slot, const session::Session& session,
                        const SeatRules& rules, uint32_t now,
                        const Visit* visit) {
  auto finding = ClientWatch::Finding::kAlone;
  uint32_t client = 0;
  // Who has used the session alone is watched by what it fetches only.
  if (visit != nullptr &&
      ((slot.flags & kWatched) != 0 || IsMedia(visit->path))) {
    client = watch_.ClientOf(*visit);
    finding = Watch(slot, client, *visit, rules, now);
  }
  Entry entry;
  const bool further = finding != ClientWatch::Finding::kAlone;
  if (further && rules.shared == SharedSession::kRefuse) {
    entry = Refuse(Denial::kSeatsTaken, "a further client of the session");
  } else if (further && rules.shared == SharedSession::kCount) {
    entry = SeatFurther(session, client, rules, now);
  } else {
    pool_.Use(slot, now);
  }
  entry.shared = finding == ClientWatch::Finding::kCaught;
  if (entry.shared) counters_->Count(static_cast<unsigned>(Counter::kShared));
  return entry;
}

ClientWatch::Finding SessionTable::Watch(Slot& slot, uint32_t client,
                                         const Visit& visit,
                                         const SeatRules& rules, uint32_t now) {
  if ((slot.flags & kWatched) == 0) {
    if (slot.client == 0) slot.client = client;
    if (slot.client == client) return ClientWatch::Finding::kAlone;
    watch_.Begin(slot.id, slot.client, now);
    slot.flags |= kWatched;
  }
  return watch_.Note(slot.id, client, visit, now, rules.idle);
}

// As a session of its own beside the one it uses. Where that one loses its seat
// by it, its URL leads nowhere any more, for this client neither.
Entry SessionTable::SeatFurther(const session::Session& session,
                                uint32_t client, const SeatRules& rules,
                                uint32_t now) {
  session::Session further = session;
  for (size_t i = 0; i < further.sid.size(); ++i) {
    further.sid[i] ^= static_cast<uint8_t>(client >> (8 * (i % 4)));
  }
  Slot* const slot = pool_.FindSession(further.sid);
  if (slot != nullptr && slot->kind != SlotKind::kSeated &&
      slot->expires > now) {
    return Refuse(Denial::kSessionEvicted, "evicted, a further client");
  }
  if (slot != nullptr && IsLive(*slot, now, rules.idle)) {
    pool_.Use(*slot, now);
    return {};
  }
  Entry entry = TakeSeat(further, Entrance::kUse, rules, now);
  const Slot* const used = pool_.FindSession(session.sid);
  if (entry.seated && (used == nullptr || used->kind != SlotKind::kSeated)) {
    if (Slot* const own = pool_.FindSession(further.sid)) pool_.Remove(*own);
    entry.denial = Denial::kSessionEvicted;
    entry.reason = "evicted by a further client of its own";
    entry.seated = false;
  }
  return entry;
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
    if (auto gone = Evict(*victim, rules, now)) entry.evicted.push_back(*gone);
  }
  // Without a slot it comes in all the same: it has paid.
  pool_.Add(SeatOf(session, entrance, now), now);
  entry.seated = true;
  return entry;
}

std::optional<Entry> SessionTable::Barred(const session::Session& session,
                                          bool opening, uint32_t now) const {
  if (session::IsAnonymous(session)) {
    return Refuse(Denial::kTicketMissing, "the event is not open to all");
  }
  if (Holds(SlotKind::kRevokedTicket, session.ticket, now)) {
    return Refuse(Denial::kTicketRevoked, "ticket revoked");
  }
  if (Holds(SlotKind::kRevokedKey, KeyIdOf(session.signing_key), now)) {
    return Refuse(opening ? Denial::kTicketInvalid : Denial::kSessionRevoked,
                  "signing key revoked");
  }
  const Slot* const slot = pool_.FindSession(session.sid);
  if (slot != nullptr && slot->expires > now) {
    if (slot->kind == SlotKind::kEvicted) {
      return Refuse(Denial::kSessionEvicted, "evicted");
    }
    if (slot->kind == SlotKind::kRevokedSession) {
      return Refuse(Denial::kSessionRevoked, "session revoked");
    }
  }
  return {};
}

std::optional<Entry> SessionTable::OutOfHours(const session::Session& session,
                                              const StateRecord& event,
                                              uint32_t now) {
  if (event.state == EventState::kEnded) {
    return Refuse(Denial::kEventEnded, "event ended");
  }
  if (event.state == EventState::kOpen && event.number <= now) return {};
  Entry entry = Refuse(Denial::kEventNotStarted, "doors closed");
  // All come back at once otherwise. The sid is random, and one's own.
  const uint32_t jitter = session.sid[0] * kJitterSeconds / 256;
  entry.retry_after =
      jitter + (event.number > now ? event.number - now : kAskAgainSeconds);
  return entry;
}

bool SessionTable::Holds(SlotKind kind, const SlotId& id, uint32_t now) const {
  const Slot* const slot = pool_.Find(kind, id);
  return slot != nullptr && slot->expires > now;
}

// For a moment both may ask: the old page's last requests are under way. Where
// that happens too often the old session is evicted, and returned.
std::optional<StateRecord> SessionTable::HandOn(const session::Session& session,
                                                const session::SessionId& old,
                                                const SeatRules& rules,
                                                uint32_t now) {
  Slot* const slot = pool_.FindSession(old);
  if (slot == nullptr || slot->kind != SlotKind::kSeated ||
      slot->ticket != session.ticket || old == session.sid) {
    return {};
  }
  if (!IsLive(*slot, now, rules.idle)) return {};
  const uint64_t ticket = std::max<uint64_t>(1, watch_.HashOf(session.ticket));
  if (rates_.Wait(ticket, kLingering, now) != 0) {
    return Evict(*slot, rules, now);
  }
  rates_.Spend(ticket, kLingering, now);
  slot->seen = now;
  pool_.Become(*slot, SlotKind::kHandedOn);
  return {};
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
  const uint32_t evictions = EvictionsOf(session.ticket, now);
  const bool fought = evictions >= rules.evictions;
  if (fought && entrance != Entrance::kPost) return nullptr;
  if (evictions >= rules.evictions + kLastEvictions) return nullptr;
  Slot* victim = nullptr;
  for (Slot* slot = pool_.FirstOfTicket(session.ticket); slot != nullptr;
       slot = pool_.NextOfTicket(*slot)) {
    if (fought && (slot->flags & kPosted) != 0) continue;
    if (victim == nullptr || slot->used < victim->used) victim = slot;
  }
  return victim;
}

// In these ten minutes.
uint32_t SessionTable::EvictionsOf(const SlotId& ticket, uint32_t now) const {
  const Slot* const quarrel = pool_.Find(SlotKind::kQuarrel, ticket);
  return quarrel != nullptr && quarrel->expires > now ? quarrel->number : 0;
}

// Its tombstone; none where a ticket has had its share of them, or where they
// would leave no room for revocations. The seat is gone all the same.
std::optional<StateRecord> SessionTable::Evict(Slot& victim,
                                               const SeatRules& rules,
                                               uint32_t now) {
  const StateRecord eviction = EvictionOf(victim);
  const SlotId ticket = victim.ticket;
  const bool is_kept =
      EvictionsOf(ticket, now) < rules.evictions + kLastEvictions &&
      HasRoomBut(pool_.Capacity() / 4);
  if (is_kept) {
    pool_.Become(victim, SlotKind::kEvicted);
  } else {
    pool_.Remove(victim);
  }
  NoteEviction(ticket, now);
  counters_->Count(static_cast<unsigned>(Counter::kEvicted));
  counters_->Count(static_cast<unsigned>(Counter::kChanged));
  return is_kept ? std::optional(eviction) : std::nullopt;
}

// Whether what evictions leave behind spares so many slots for revocations.
bool SessionTable::HasRoomBut(size_t spared) const {
  return pool_.CountOf(SlotKind::kEvicted) + pool_.CountOf(SlotKind::kQuarrel) +
             spared <
         pool_.Capacity();
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
  if (!HasRoomBut(pool_.Capacity() / 8)) return;
  Slot first;
  first.id = ticket;
  first.ticket = ticket;
  first.number = 1;
  first.expires = now + kQuarrelSeconds;
  first.kind = SlotKind::kQuarrel;
  pool_.Add(first, now);
}

}  // namespace usher::engine
