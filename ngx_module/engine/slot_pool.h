// Records of one fixed size in memory that all workers share: found by id,
// sessions also by ticket, and ordered by use.
//
//   Header            schema, heads of the lists, numbers
//   u32 by_id[n]      chains of all records
//   u32 by_ticket[n]  chains of the sessions that hold a seat
//   Slot[n]
//
// The slots are the truth, chains and order follow from them. Who changes the
// pool holds a lock that all workers share, and a Change: where a worker is
// killed in the middle of one, the next finds the mark it left and threads the
// slots anew. Offsets, no pointers: the memory may lie anywhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace usher::engine {

using SlotId = std::array<uint8_t, 8>;

enum class SlotKind : uint8_t {
  kFree,
  // Sessions: the id is the sid. The first two may be displaced.
  kSeated,
  kHandedOn,  // its seat went to another session of the same page
  kEvicted,
  kRevokedSession,
  // About others than sessions: the id is the ticket, key or event.
  kRevokedTicket,
  kRevokedKey,
  kEvent,
  kList,     // the newest revocation list; the id is zero
  kQuarrel,  // a ticket that is fought over
};

struct Slot {
  SlotId id{};
  SlotId ticket{};
  SlotId event{};
  uint64_t used = 0;     // grows with each use, over all slots
  uint32_t expires = 0;  // the slot is free again then
  uint32_t seen = 0;     // UNIX seconds of the last use
  uint32_t since = 0;    // of the first, or when a state began
  uint32_t number = 0;   // what it means depends on the kind
  uint32_t client = 0;   // of a session: its only one (client_watch.h)
  uint8_t seats = 0;
  uint8_t flags = 0;
  // Set last and cleared first, so that no half-written slot counts.
  SlotKind kind = SlotKind::kFree;
  uint8_t unused = 0;
  // The pool's own.
  uint32_t next_by_id = 0;  // also links the free ones
  uint32_t next_by_ticket = 0;
  uint32_t earlier = 0;
  uint32_t later = 0;
};

class SlotPool {
 public:
  // Of two 4 KiB pages: what a shard of the smallest zone has.
  static constexpr size_t kMinimumSize = size_t{8} * 1024;

  // `memory` is 8-byte aligned, at least kMinimumSize, and outlives the pool.
  explicit SlotPool(std::span<std::byte> memory);

  void Format();
  // Formatted by a build with the same layout.
  bool IsUsable() const;

  class Change {
   public:
    explicit Change(SlotPool& pool);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    SlotPool& pool_;
  };

  // Null where there is none. A session is found in whichever of its states.
  Slot* FindSession(const SlotId& sid) const;
  Slot* Find(SlotKind kind, const SlotId& id) const;
  // The first and next session that holds a seat of `ticket`.
  Slot* FirstOfTicket(const SlotId& ticket) const;
  Slot* NextOfTicket(const Slot& slot) const;

  // The most recently used; takes a free slot, else that of the longest unused
  // session. Null where tombstones hold every one.
  Slot* Add(const Slot& contents, uint32_t now);
  void Remove(Slot& slot);
  // A session's next state.
  void Become(Slot& slot, SlotKind kind);
  void Use(Slot& slot, uint32_t now);

  // All, the free ones too. Without the lock: for numbers.
  std::span<const Slot> slots() const { return {slots_, capacity_}; }
  size_t Capacity() const { return capacity_; }
  // Sessions that made room before their time.
  uint64_t displaced() const;
  // How many records of that kind there are.
  uint32_t CountOf(SlotKind kind) const;

 private:
  struct Header;
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t* BucketOf(uint32_t* buckets, const SlotId& id) const;
  Slot& At(uint32_t index) const { return slots_[index]; }
  uint32_t IndexOf(const Slot& slot) const;
  void Fill(Slot& slot, Slot contents);
  Slot* TakeFree(uint32_t now);
  void Reclaim(uint32_t now);
  void Free(Slot& slot);
  void Link(Slot& slot);
  void Unlink(Slot& slot);
  void Append(Slot& slot);
  void Detach(Slot& slot);
  void Clear();
  void Rebuild();

  Header* header_;
  uint32_t* by_id_;
  uint32_t* by_ticket_;
  Slot* slots_;
  uint32_t capacity_;
};

}  // namespace usher::engine
