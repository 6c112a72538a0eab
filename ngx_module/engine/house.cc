#include "ngx_module/engine/house.h"

#include <algorithm>
#include <utility>

namespace usher::engine {

class House::Guard {
 public:
  explicit Guard(Shard& shard) : lock_(shard.lock) { lock_.lock(lock_.mutex); }
  ~Guard() { lock_.unlock(lock_.mutex); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  ShardLock lock_;
};

Entry House::Enter(const session::Session& session, Entrance entrance,
                   const SeatRules& rules, uint32_t now,
                   const session::SessionId* handed_back, const Visit* visit) {
  Shard& shard = ShardOf(session.ticket);
  const Guard guard(shard);
  SeatRules rules_of_event = rules;
  rules_of_event.starts = StartOf(session.event);
  return shard.table.Enter(session, entrance, rules_of_event, now, handed_back,
                           visit);
}

void House::Forget(const session::Session& session, const Visit& visit) {
  Shard& shard = ShardOf(session.ticket);
  const Guard guard(shard);
  shard.table.Forget(session.sid, visit);
}

Entry House::MayOpen(const session::Session& session, uint32_t now) {
  Shard& shard = ShardOf(session.ticket);
  const Guard guard(shard);
  return shard.table.MayOpen(session, now, StartOf(session.event));
}

void House::Leave(const session::Session& session) {
  Shard& shard = ShardOf(session.ticket);
  const Guard guard(shard);
  shard.table.Leave(session.sid);
}

// What a hash is kept under: any shard would do, but always the same.
struct House::Hashed {
  Shard& shard;
  uint64_t hash;
};

House::Hashed House::Find(ByteView what) {
  // The first shard's key serves for all; 0 marks a free entry.
  const uint64_t hash =
      std::max<uint64_t>(1, shards_.front().table.HashOf(what));
  return {shards_[hash % shards_.size()], hash};
}

uint32_t House::Wait(ByteView what, const Rate& rate, uint32_t now) {
  const Hashed hashed = Find(what);
  const Guard guard(hashed.shard);
  return hashed.shard.table.rates().Wait(hashed.hash, rate, now);
}

void House::Spend(ByteView what, const Rate& rate, uint32_t now) {
  const Hashed hashed = Find(what);
  const Guard guard(hashed.shard);
  hashed.shard.table.rates().Spend(hashed.hash, rate, now);
}

void House::RememberTicket(std::string_view ticket, uint32_t now) {
  const Hashed hashed = Find(AsBytes(ticket));
  const Guard guard(hashed.shard);
  hashed.shard.table.good_tickets().Remember(hashed.hash, now);
}

bool House::KnowsTicket(std::string_view ticket) {
  const Hashed hashed = Find(AsBytes(ticket));
  const Guard guard(hashed.shard);
  return hashed.shard.table.good_tickets().Knows(hashed.hash);
}

void House::ForgetTicket(std::string_view ticket) {
  const Hashed hashed = Find(AsBytes(ticket));
  const Guard guard(hashed.shard);
  hashed.shard.table.good_tickets().Forget(hashed.hash);
}

bool House::Apply(const StateRecord& record, uint32_t now) {
  bool applied = true;
  for (Shard& shard : ShardsOf(record)) {
    const Guard guard(shard);
    applied = shard.table.Apply(record, now) && applied;
  }
  return applied;
}

bool House::IsInForce(const StateRecord& record, uint32_t now) {
  for (Shard& shard : ShardsOf(record)) {
    const Guard guard(shard);
    if (!shard.table.IsInForce(record, now)) return false;
  }
  return true;
}

std::vector<StateRecord> House::Lasting(uint32_t now) {
  std::vector<StateRecord> records;
  for (Shard& shard : shards_) {
    std::vector<StateRecord> more;
    more.reserve(shard.table.pool().Capacity());
    const Guard guard(shard);
    shard.table.Collect(more, now);
    records.insert(records.end(), more.begin(), more.end());
  }
  // What lies in every shard is written once.
  std::ranges::sort(records, {}, [](const StateRecord& record) {
    return std::pair(record.kind, record.id);
  });
  const auto repeated = std::ranges::unique(records);
  records.erase(repeated.begin(), repeated.end());
  return records;
}

std::vector<StateRecord> House::EvictionsOf(const SlotId& ticket,
                                            uint32_t now) {
  std::vector<StateRecord> records;
  Shard& shard = ShardOf(ticket);
  const Guard guard(shard);
  shard.table.CollectSeats(ticket, now, records);
  return records;
}

StateRecord House::About(SlotKind kind, const session::SessionId& sid,
                         uint32_t until) {
  StateRecord record;
  record.kind = kind;
  record.id = sid;
  record.until = until;
  for (Shard& shard : shards_) {
    const Guard guard(shard);
    const Slot* const slot = shard.table.pool().FindSession(sid);
    if (slot == nullptr) continue;
    record.ticket = slot->ticket;
    if (kind == SlotKind::kEvicted) record.until = slot->expires;
  }
  return record;
}

StateRecord House::EventOf(const SlotId& event) {
  Shard& shard = shards_.front();
  const Guard guard(shard);
  return shard.table.EventOf(event, StartOf(event));
}

uint32_t House::ListSequence() {
  Shard& shard = shards_.front();
  const Guard guard(shard);
  const Slot* const list = shard.table.pool().Find(SlotKind::kList, {});
  return list == nullptr ? 0 : list->number;
}

uint32_t House::StartOf(const SlotId& event) const {
  const EventSettings* const settings = SettingsOf(events_, event);
  return settings == nullptr ? 0 : settings->starts;
}

Shard& House::ShardOf(const SlotId& ticket) {
  return shards_[ticket[0] % shards_.size()];
}

std::span<Shard> House::ShardsOf(const StateRecord& record) {
  constexpr SlotId kUnknown{};
  switch (record.kind) {
    case SlotKind::kRevokedTicket:
      return {&ShardOf(record.id), 1};
    case SlotKind::kEvicted:
    case SlotKind::kRevokedSession:
      if (record.ticket == kUnknown) return shards_;
      return {&ShardOf(record.ticket), 1};
    case SlotKind::kList:
      return {&shards_.front(), 1};
    default:
      return shards_;
  }
}

}  // namespace usher::engine
