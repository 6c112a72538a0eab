#include "ngx_module/engine/slot_pool.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace usher::engine {
namespace {

// "usher", and a number that grows with each change of the layout.
constexpr uint64_t kSchema = 0x7573'6865'7200'0005;
// How many slots an addition looks at for what has ended.
constexpr uint32_t kReclaimed = 8;
constexpr size_t kKinds = static_cast<size_t>(SlotKind::kQuarrel) + 1;

bool IsSession(SlotKind kind) {
  return kind >= SlotKind::kSeated && kind <= SlotKind::kRevokedSession;
}

bool MayBeDisplaced(SlotKind kind) {
  return kind == SlotKind::kSeated || kind == SlotKind::kHandedOn;
}

bool IsKnown(SlotKind kind) { return static_cast<size_t>(kind) < kKinds; }

// A worker may be killed between any two stores: the compiler must not move
// what stands before this behind it.
void SetKind(Slot& slot, SlotKind kind) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::atomic_ref(slot.kind).store(kind, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

struct SlotPool::Header {
  uint64_t schema;
  uint32_t capacity;
  uint32_t changing;  // a Change is under way
  uint64_t uses;
  uint64_t displaced;
  uint32_t first_free;
  uint32_t longest_unused;
  uint32_t latest;
  uint32_t reclaim_at;
  uint32_t counts[kKinds];
};

SlotPool::SlotPool(std::span<std::byte> memory)
    : header_(reinterpret_cast<Header*>(memory.data())),
      capacity_(static_cast<uint32_t>(
          std::min<size_t>((memory.size() - sizeof(Header)) /
                               (sizeof(Slot) + 2 * sizeof(uint32_t)),
                           kNone - 1))) {
  by_id_ = reinterpret_cast<uint32_t*>(memory.data() + sizeof(Header));
  by_ticket_ = by_id_ + capacity_;
  // Two arrays of the same length leave the slots aligned.
  slots_ = reinterpret_cast<Slot*>(by_ticket_ + capacity_);
  static_assert(sizeof(Header) % alignof(Slot) == 0);
}

void SlotPool::Format() {
  std::memset(static_cast<void*>(header_), 0, sizeof(Header));
  for (uint32_t i = 0; i < capacity_; ++i) slots_[i] = Slot{};
  header_->capacity = capacity_;
  Clear();
  for (uint32_t i = capacity_; i-- > 0;) Free(slots_[i]);
  header_->schema = kSchema;
}

bool SlotPool::IsUsable() const {
  return header_->schema == kSchema && header_->capacity == capacity_;
}

SlotPool::Change::Change(SlotPool& pool) : pool_(pool) {
  std::atomic_ref changing(pool_.header_->changing);
  if (changing.exchange(1) != 0) pool_.Rebuild();
}

SlotPool::Change::~Change() {
  std::atomic_ref(pool_.header_->changing).store(0, std::memory_order_release);
}

Slot* SlotPool::FindSession(const SlotId& sid) const {
  for (uint32_t i = *BucketOf(by_id_, sid); i != kNone; i = At(i).next_by_id) {
    if (At(i).id == sid && IsSession(At(i).kind)) return &At(i);
  }
  return nullptr;
}

Slot* SlotPool::Find(SlotKind kind, const SlotId& id) const {
  if (header_->counts[static_cast<size_t>(kind)] == 0) return nullptr;
  for (uint32_t i = *BucketOf(by_id_, id); i != kNone; i = At(i).next_by_id) {
    if (At(i).id == id && At(i).kind == kind) return &At(i);
  }
  return nullptr;
}

Slot* SlotPool::FirstOfTicket(const SlotId& ticket) const {
  uint32_t i = *BucketOf(by_ticket_, ticket);
  while (i != kNone && At(i).ticket != ticket) i = At(i).next_by_ticket;
  return i == kNone ? nullptr : &At(i);
}

Slot* SlotPool::NextOfTicket(const Slot& slot) const {
  uint32_t i = slot.next_by_ticket;
  while (i != kNone && At(i).ticket != slot.ticket) i = At(i).next_by_ticket;
  return i == kNone ? nullptr : &At(i);
}

Slot* SlotPool::Add(const Slot& contents, uint32_t now) {
  Slot* const slot = TakeFree(now);
  if (slot != nullptr) Fill(*slot, contents);
  return slot;
}

void SlotPool::Remove(Slot& slot) {
  Unlink(slot);
  SetKind(slot, SlotKind::kFree);
  Free(slot);
}

void SlotPool::Become(Slot& slot, SlotKind kind) {
  Unlink(slot);
  SetKind(slot, kind);
  Link(slot);
}

void SlotPool::Use(Slot& slot, uint32_t now) {
  slot.seen = now;
  slot.used = ++header_->uses;
  if (!MayBeDisplaced(slot.kind)) return;
  Detach(slot);
  Append(slot);
}

uint64_t SlotPool::displaced() const { return header_->displaced; }

uint32_t SlotPool::CountOf(SlotKind kind) const {
  return header_->counts[static_cast<size_t>(kind)];
}

uint32_t* SlotPool::BucketOf(uint32_t* buckets, const SlotId& id) const {
  // Ids are random or digests, so their bytes are the hash. Not those that
  // chose the shard.
  uint32_t hash = 0;
  std::memcpy(&hash, id.data() + 4, sizeof(hash));
  return &buckets[hash % capacity_];
}

uint32_t SlotPool::IndexOf(const Slot& slot) const {
  return static_cast<uint32_t>(&slot - slots_);
}

void SlotPool::Fill(Slot& slot, Slot contents) {
  const SlotKind kind = std::exchange(contents.kind, SlotKind::kFree);
  contents.used = ++header_->uses;
  slot = contents;
  SetKind(slot, kind);
  Link(slot);
}

Slot* SlotPool::TakeFree(uint32_t now) {
  Reclaim(now);
  if (header_->first_free == kNone && header_->longest_unused != kNone) {
    ++header_->displaced;
    Remove(At(header_->longest_unused));
  }
  if (header_->first_free == kNone) return nullptr;
  Slot& slot = At(header_->first_free);
  header_->first_free = slot.next_by_id;
  return &slot;
}

// A hand that goes round and round, so that what has ended is found in time.
void SlotPool::Reclaim(uint32_t now) {
  for (uint32_t i = 0; i < std::min(kReclaimed, capacity_); ++i) {
    Slot& slot = At(header_->reclaim_at);
    header_->reclaim_at = (header_->reclaim_at + 1) % capacity_;
    if (slot.kind != SlotKind::kFree && slot.expires <= now) Remove(slot);
  }
}

void SlotPool::Free(Slot& slot) {
  slot.next_by_id = header_->first_free;
  header_->first_free = IndexOf(slot);
}

void SlotPool::Link(Slot& slot) {
  ++header_->counts[static_cast<size_t>(slot.kind)];
  uint32_t* const by_id = BucketOf(by_id_, slot.id);
  slot.next_by_id = *by_id;
  *by_id = IndexOf(slot);
  if (slot.kind == SlotKind::kSeated) {
    uint32_t* const by_ticket = BucketOf(by_ticket_, slot.ticket);
    slot.next_by_ticket = *by_ticket;
    *by_ticket = IndexOf(slot);
  }
  if (MayBeDisplaced(slot.kind)) Append(slot);
}

void SlotPool::Unlink(Slot& slot) {
  --header_->counts[static_cast<size_t>(slot.kind)];
  uint32_t* link = BucketOf(by_id_, slot.id);
  while (*link != IndexOf(slot)) link = &At(*link).next_by_id;
  *link = slot.next_by_id;
  if (slot.kind == SlotKind::kSeated) {
    link = BucketOf(by_ticket_, slot.ticket);
    while (*link != IndexOf(slot)) link = &At(*link).next_by_ticket;
    *link = slot.next_by_ticket;
  }
  if (MayBeDisplaced(slot.kind)) Detach(slot);
}

void SlotPool::Append(Slot& slot) {
  slot.later = kNone;
  slot.earlier = header_->latest;
  const uint32_t index = IndexOf(slot);
  (slot.earlier == kNone ? header_->longest_unused : At(slot.earlier).later) =
      index;
  header_->latest = index;
}

void SlotPool::Detach(Slot& slot) {
  (slot.earlier == kNone ? header_->longest_unused : At(slot.earlier).later) =
      slot.later;
  (slot.later == kNone ? header_->latest : At(slot.later).earlier) =
      slot.earlier;
}

void SlotPool::Clear() {
  std::fill_n(by_id_, capacity_, kNone);
  std::fill_n(by_ticket_, capacity_, kNone);
  std::ranges::fill(header_->counts, 0U);
  header_->first_free = kNone;
  header_->longest_unused = kNone;
  header_->latest = kNone;
  header_->reclaim_at = 0;
}

void SlotPool::Rebuild() {
  // The buckets, to be filled anew anyway, hold the order meanwhile.
  const std::span<uint32_t> order(by_id_, capacity_);
  for (uint32_t i = 0; i < capacity_; ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](uint32_t i) { return At(i).used; });
  for (size_t i = 0; i + 1 < order.size(); ++i) {
    At(order[i]).later = order[i + 1];
  }
  uint32_t next = order.front();
  Clear();
  for (uint32_t left = capacity_; left > 0; --left) {
    Slot& slot = At(next);
    next = slot.later;
    header_->uses = std::max(header_->uses, slot.used);
    if (slot.kind == SlotKind::kFree || !IsKnown(slot.kind)) {
      SetKind(slot, SlotKind::kFree);
      Free(slot);
    } else {
      Link(slot);
    }
  }
}

}  // namespace usher::engine
