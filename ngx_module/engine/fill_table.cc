#include "ngx_module/engine/fill_table.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace usher::engine {
namespace {

constexpr uint64_t kSchema = 0x7573686572660002;  // "usherf", version 2
constexpr size_t kWays = 8;

enum class State : uint8_t {
  kEmpty,
  kFilling,
  kVacant,  // the last leader brought nothing
  kFresh,
  kPass,
  kBypass,
  kFailing,
  kStale,
};

}  // namespace

struct FillTable::Header {
  uint64_t schema;
  uint64_t buckets;
  uint64_t last_fill;
};

// One cache line.
struct alignas(8) FillTable::Slot {
  FillKey key;
  uint64_t fill;     // the last one
  int64_t until_ms;  // kFilling: the latest end; else: how long this is true
  int32_t pid;       // of the leader
  State state;
  uint8_t failed;     // leaders in a row
  uint8_t abandoned;  // leaders in a row
  bool followed;      // somebody was told to follow `fill`
  bool lock_left;     // a leader died
};

namespace {

template <typename Slot>
bool IsFilling(const Slot& slot, int64_t now_ms) {
  return slot.state == State::kFilling && now_ms <= slot.until_ms;
}

}  // namespace

size_t FillTable::MinimumSize() {
  return sizeof(Header) + kWays * sizeof(Slot);
}

void FillTable::Format(std::span<std::byte> memory) {
  auto* header = new (memory.data()) Header{};
  header->buckets = (memory.size() - sizeof(Header)) / (kWays * sizeof(Slot));
  auto* slots = reinterpret_cast<Slot*>(header + 1);
  std::uninitialized_value_construct_n(slots, header->buckets * kWays);
  header->schema = kSchema;
}

bool FillTable::Usable(const void* memory) {
  return static_cast<const Header*>(memory)->schema == kSchema;
}

FillTable::FillTable(void* memory) : header_(static_cast<Header*>(memory)) {}

FillEntry FillTable::Enter(const FillKey& key, int32_t pid, int64_t now_ms,
                           bool missed) {
  Slot* slot = Find(key);
  if (slot == nullptr) {
    slot = Claim(key, now_ms);
    return slot == nullptr ? FillEntry{} : Lead(*slot, pid, now_ms);
  }
  if (now_ms > slot->until_ms) {
    if (slot->state != State::kFilling) {
      // While it fails one a moment finds out whether it still does.
      const bool failing = slot->state == State::kFailing;
      slot->failed = failing ? kFailuresInRow - 1 : 0;
      slot->abandoned = 0;
    }
    return Lead(*slot, pid, now_ms);
  }
  switch (slot->state) {
    case State::kFilling:
      slot->followed = true;
      return {FillStep::kFollow, slot->fill};
    case State::kFresh:
      if (missed) break;
      return {FillStep::kFresh};
    case State::kPass:
      return {FillStep::kPass};
    case State::kBypass:
      return {FillStep::kBypass};
    case State::kFailing:
      return {FillStep::kRefuse};
    case State::kStale:
      if (missed) break;
      return {FillStep::kSpare};
    case State::kEmpty:
    case State::kVacant:
      break;
  }
  return Lead(*slot, pid, now_ms);
}

FillEntry FillTable::Lead(Slot& slot, int32_t pid, int64_t now_ms) const {
  slot.fill = ++header_->last_fill;
  slot.until_ms = now_ms + kLongestFillMs;
  slot.pid = pid;
  slot.followed = false;
  slot.state = State::kFilling;
  return {FillStep::kLead, slot.fill, slot.lock_left};
}

bool FillTable::UnderWay(const FillKey& key, uint64_t fill,
                         int64_t now_ms) const {
  const Slot* slot = Find(key);
  return slot != nullptr && slot->fill == fill && IsFilling(*slot, now_ms);
}

bool FillTable::End(const FillKey& key, uint64_t fill, FillOutcome outcome,
                    int64_t fresh_until_ms, int64_t now_ms) {
  Slot* slot = Find(key);
  if (slot == nullptr || slot->fill != fill || slot->state != State::kFilling) {
    return false;
  }
  // What expired before it was complete is of no use to who waited for it.
  if (outcome == FillOutcome::kStored && fresh_until_ms < now_ms) {
    outcome = FillOutcome::kUncacheable;
  }
  Count(*slot, outcome);
  Remember(*slot, outcome, fresh_until_ms, now_ms);
  return slot->followed;
}

void FillTable::Count(Slot& slot, FillOutcome outcome) {
  if (outcome == FillOutcome::kFailed) {
    ++slot.failed;
  } else if (outcome == FillOutcome::kAbandoned) {
    ++slot.abandoned;
  } else {
    slot.failed = slot.abandoned = 0;
    slot.lock_left = false;
  }
}

void FillTable::Remember(Slot& slot, FillOutcome outcome,
                         int64_t fresh_until_ms, int64_t now_ms) {
  const auto remember = [&](State state, int64_t for_ms) {
    slot.state = state;
    slot.until_ms = now_ms + for_ms;
  };
  switch (outcome) {
    case FillOutcome::kStored:
      return remember(State::kFresh,
                      std::min(fresh_until_ms - now_ms, kTrustFreshMs));
    case FillOutcome::kUncacheable:
      return remember(State::kBypass, kUncacheableMs);
    case FillOutcome::kUnshared:
      return remember(State::kPass, kUnsharedMs);
    case FillOutcome::kStale:
      return remember(State::kStale, kFailingMs);
    case FillOutcome::kFailed:
      if (slot.failed < kFailuresInRow) break;
      return remember(State::kFailing, kFailingMs);
    case FillOutcome::kAbandoned:
      if (slot.abandoned < kAbandonedInRow) break;
      return remember(State::kPass, kUnsharedMs);
  }
  remember(State::kVacant, kUncacheableMs);
}

bool FillTable::EndOfDead(bool (*alive)(int32_t pid), int64_t now_ms) {
  bool followed = false;
  auto* slots = reinterpret_cast<Slot*>(header_ + 1);
  for (Slot& slot : std::span(slots, header_->buckets * kWays)) {
    if (slot.state != State::kFilling || alive(slot.pid)) continue;
    slot.lock_left = true;
    followed |= End(slot.key, slot.fill, FillOutcome::kAbandoned, 0, now_ms);
  }
  return followed;
}

std::span<FillTable::Slot> FillTable::Bucket(const FillKey& key) const {
  uint64_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof(hash));
  auto* slots = reinterpret_cast<Slot*>(header_ + 1);
  return {slots + (hash % header_->buckets) * kWays, kWays};
}

FillTable::Slot* FillTable::Find(const FillKey& key) const {
  for (Slot& slot : Bucket(key)) {
    if (slot.state != State::kEmpty && slot.key == key) return &slot;
  }
  return nullptr;
}

// Prefers an empty slot, then the one whose knowledge ends first.
FillTable::Slot* FillTable::Claim(const FillKey& key, int64_t now_ms) const {
  Slot* best = nullptr;
  for (Slot& slot : Bucket(key)) {
    if (IsFilling(slot, now_ms)) continue;
    if (slot.state == State::kEmpty) {
      best = &slot;
      break;
    }
    if (best == nullptr || slot.until_ms < best->until_ms) best = &slot;
  }
  if (best == nullptr) return nullptr;
  best->state = State::kEmpty;  // until the rest is written
  *best = Slot{};
  best->key = key;
  return best;
}

}  // namespace usher::engine
