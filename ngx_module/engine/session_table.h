// One shard of what a box knows of its sessions: who sits where, who was sent
// away, which events are open. A ticket's sessions lie in one shard, so under
// its lock the number of seats is exact.
//
//   admitted? -- revoked, evicted, or no seat --> a Denial
//       | yes
//   holds a seat already, or takes one: a free one, else (evict_oldest) that
//   of the ticket's longest idle session, which becomes a tombstone
//
// A session whose credential is good but that is not known here is adopted, as
// after a restart. A session that was idle has no seat; using it takes one
// again. All but the numbers want the caller to hold the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/session/credential.h"
#include "core/ticket/verdict.h"
#include "ngx_module/engine/client_watch.h"
#include "ngx_module/engine/counters.h"
#include "ngx_module/engine/rate_table.h"
#include "ngx_module/engine/slot_pool.h"
#include "ngx_module/engine/state_record.h"

namespace usher::engine {

// What becomes of a further client of one session.
enum class SharedSession : uint8_t {
  kCount,  // it takes a seat of the ticket
  kLog,    // it is only told of
  kRefuse,
};

struct SeatRules {
  bool evict_oldest = true;
  uint32_t idle = 60;  // seconds after which a seat is free
  // So many evictions in ten minutes, and the ticket is one that is fought
  // over: then who came last by POST stays.
  uint32_t evictions = 8;
  SharedSession shared = SharedSession::kCount;
  // When the session's event starts, where nobody told the box otherwise.
  uint32_t starts = 0;
};

// How a session comes in.
enum class Entrance : uint8_t {
  kUse,
  kPeek,  // HEAD: looks, takes no seat
  kPost,  // POST /usher/session: takes its seat at once
};

struct Entry {
  std::optional<Denial> denial;
  const char* reason = "";   // static, for the log
  uint32_t retry_after = 0;  // seconds; 0: none
  bool seated = false;       // took a seat just now
  bool shared = false;       // a further client, as of now
  std::vector<StateRecord> evicted;
};

class SessionTable {
 public:
  static constexpr size_t kMinimumSize = sizeof(Counters) +
                                         ClientWatch::kMinimumSize +
                                         SlotPool::kMinimumSize + 1024;

  // `memory` is 8-byte aligned, at least kMinimumSize, and outlives the view.
  explicit SessionTable(std::span<std::byte> memory);

  // `key` is random, so that no client knows which others it meets.
  void Format(const SipKey& key = {});
  bool IsUsable() const;

  // `handed_back`: the session this one takes the seat of, as a page does that
  // is loaded again. `visit`: what shows whose client uses the session.
  Entry Enter(const session::Session& session, Entrance entrance,
              const SeatRules& rules, uint32_t now,
              const session::SessionId* handed_back = nullptr,
              const Visit* visit = nullptr);
  // The client did not get what it asked for.
  void Forget(const session::SessionId& sid, const Visit& visit);
  // Whether a ticket may still open `session`, of which nothing is kept yet.
  Entry MayOpen(const session::Session& session, uint32_t now,
                uint32_t starts = 0);
  // Its seat is free at once. The credential stays good.
  void Leave(const session::SessionId& sid);

  // Makes it so. False where tombstones leave no room for another.
  bool Apply(const StateRecord& record, uint32_t now);
  bool IsInForce(const StateRecord& record, uint32_t now) const;
  void Collect(std::vector<StateRecord>& records, uint32_t now) const;
  // The evictions that would empty the seats of a ticket.
  void CollectSeats(const SlotId& ticket, uint32_t now,
                    std::vector<StateRecord>& records) const;
  // Grows with whatever may bar somebody who was admitted before. No lock.
  uint64_t Changes() const;
  // Open from `starts` on, where nothing was said.
  StateRecord EventOf(const SlotId& event, uint32_t starts = 0) const;

  // A secret hash of what clients send, the same in all workers.
  uint64_t HashOf(ByteView bytes) const { return watch_.HashOf(bytes); }
  // What happened how often, and which tickets were good.
  RateTable& rates() { return rates_; }
  RateTable& good_tickets() { return good_tickets_; }

  Counters& counters() { return *counters_; }
  const Counters& counters() const { return *counters_; }
  // Seats in use. Takes no lock: a number for people may be off by what
  // happened while it was counted.
  size_t Live(uint32_t now, uint32_t idle) const;
  // The same by event, added to what is in `live`.
  void AddLive(std::map<SlotId, uint64_t>& live, uint32_t now,
               uint32_t idle) const;
  const SlotPool& pool() const { return pool_; }

 private:
  Entry ComeIn(const session::Session& session, Entrance entrance,
               const SeatRules& rules, uint32_t now, const Visit* visit);
  Entry TakeSeat(const session::Session& session, Entrance entrance,
                 const SeatRules& rules, uint32_t now);
  Entry Use(Slot& slot, const session::Session& session, const SeatRules& rules,
            uint32_t now, const Visit* visit);
  ClientWatch::Finding Watch(Slot& slot, uint32_t client, const Visit& visit,
                             const SeatRules& rules, uint32_t now);
  Entry SeatFurther(const session::Session& session, uint32_t client,
                    const SeatRules& rules, uint32_t now);
  std::optional<Entry> Barred(const session::Session& session, bool opening,
                              uint32_t now) const;
  static std::optional<Entry> OutOfHours(const session::Session& session,
                                         const StateRecord& event,
                                         uint32_t now);
  bool Holds(SlotKind kind, const SlotId& id, uint32_t now) const;
  bool ApplyToSession(const StateRecord& record, uint32_t now);
  std::optional<StateRecord> HandOn(const session::Session& session,
                                    const session::SessionId& old,
                                    const SeatRules& rules, uint32_t now);
  size_t Seated(const session::SessionId& ticket, const SeatRules& rules,
                uint32_t now);
  uint32_t EvictionsOf(const SlotId& ticket, uint32_t now) const;
  Slot* Victim(const session::Session& session, Entrance entrance,
               const SeatRules& rules, uint32_t now) const;
  std::optional<StateRecord> Evict(Slot& victim, const SeatRules& rules,
                                   uint32_t now);
  bool HasRoomBut(size_t spared) const;
  void NoteEviction(const SlotId& ticket, uint32_t now);

  Counters* counters_;
  ClientWatch watch_;
  RateTable rates_;
  RateTable good_tickets_;
  SlotPool pool_;
};

}  // namespace usher::engine
