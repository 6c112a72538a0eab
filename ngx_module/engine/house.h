// All shards of a box, each under its lock: what a request, and who runs the
// box, ask of the sessions.
//
// Whatever is about one ticket lies in that ticket's shard; what every request
// must know (events, signing keys, sessions of unknown tickets) lies in all of
// them, so that a request looks into one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ngx_module/engine/event_settings.h"
#include "ngx_module/engine/session_table.h"

namespace usher::engine {

// As nginx has it: a mutex per shard, freed by the master where its holder
// dies.
struct ShardLock {
  void* mutex;
  void (*lock)(void* mutex);
  void (*unlock)(void* mutex);
};

struct Shard {
  SessionTable table;
  ShardLock lock;
};

class House {
 public:
  explicit House(std::vector<Shard> shards,
                 std::span<const EventSettings> events = {})
      : shards_(std::move(shards)), events_(events) {}

  Entry Enter(const session::Session& session, Entrance entrance,
              const SeatRules& rules, uint32_t now,
              const session::SessionId* handed_back = nullptr,
              const Visit* visit = nullptr);
  void Forget(const session::Session& session, const Visit& visit);
  Entry MayOpen(const session::Session& session, uint32_t now);
  void Leave(const session::Session& session);

  // Of something that a client does, by whatever tells it from others. Seconds
  // until it may do so (again); 0: now.
  uint32_t Wait(ByteView what, const Rate& rate, uint32_t now);
  void Spend(ByteView what, const Rate& rate, uint32_t now);
  void RememberTicket(std::string_view ticket, uint32_t now);
  bool KnowsTicket(std::string_view ticket);
  void ForgetTicket(std::string_view ticket);

  // False where a shard has no room: tombstones fill it.
  bool Apply(const StateRecord& record, uint32_t now);
  bool IsInForce(const StateRecord& record, uint32_t now);
  // All that lasts.
  std::vector<StateRecord> Lasting(uint32_t now);
  // Whoever sits there, as an eviction that Apply() carries out.
  std::vector<StateRecord> EvictionsOf(const SlotId& ticket, uint32_t now);
  // With the ticket of the session, where it is known here; an eviction then
  // ends with the session instead of at `until`.
  StateRecord About(SlotKind kind, const session::SessionId& sid,
                    uint32_t until);
  StateRecord EventOf(const SlotId& event);
  uint32_t ListSequence();

  // Each worker counts in a shard of its own, and waits for no other's cache
  // line.
  void Count(unsigned worker, unsigned counter) {
    shards_[worker % shards_.size()].table.counters().Count(counter);
  }

  std::span<const Shard> shards() const { return shards_; }

 private:
  class Guard;
  struct Hashed;
  Hashed Find(ByteView what);
  Shard& ShardOf(const SlotId& ticket);
  std::span<Shard> ShardsOf(const StateRecord& record);

  uint32_t StartOf(const SlotId& event) const;

  std::vector<Shard> shards_;
  std::span<const EventSettings> events_;
};

}  // namespace usher::engine
