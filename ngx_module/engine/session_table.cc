#include "ngx_module/engine/session_table.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace usher::engine {
namespace {

// "usher", and a number that grows with each change of the layout.
constexpr uint64_t kSchema = 0x7573'6865'7200'0001;

uint64_t Load(uint64_t& word) {
  return std::atomic_ref(word).load(std::memory_order_relaxed);
}

}  // namespace

SessionTable::SessionTable(std::span<std::byte> memory)
    : header_(reinterpret_cast<Header*>(memory.data())),
      slots_(reinterpret_cast<Slot*>(memory.data() + sizeof(Header))),
      sets_((memory.size() - sizeof(Header)) / (sizeof(Slot) * kWays)) {}

void SessionTable::Format() {
  std::memset(static_cast<void*>(header_), 0,
              sizeof(Header) + Capacity() * sizeof(Slot));
  header_->sets = sets_;
  header_->schema = kSchema;
}

bool SessionTable::IsUsable() const {
  return header_->schema == kSchema && header_->sets == sets_;
}

void SessionTable::Touch(const session::Session& session, uint32_t now) {
  const std::span<Slot> set = SetOf(session.sid);
  auto slot = std::ranges::find_if(set, [&](const Slot& each) {
    return each.seen != 0 && each.sid == session.sid;
  });
  if (slot == set.end()) slot = std::ranges::min_element(set, {}, &Slot::seen);
  // Free while it is half written: a torn write leaves a free slot.
  slot->seen = 0;
  slot->sid = session.sid;
  slot->ticket = session.ticket;
  slot->event = session.event;
  slot->expires = session.expires;
  slot->seats = session.seats;
  std::atomic_ref(slot->seen).store(now, std::memory_order_release);
}

void SessionTable::Remove(const session::SessionId& sid) {
  for (Slot& slot : SetOf(sid)) {
    if (slot.sid == sid) slot.seen = 0;
  }
}

void SessionTable::Count(unsigned counter) {
  if (counter >= kCounters) return;
  std::atomic_ref(header_->counters[counter])
      .fetch_add(1, std::memory_order_relaxed);
}

uint64_t SessionTable::CountOf(unsigned counter) const {
  return counter < kCounters ? Load(header_->counters[counter]) : 0;
}

size_t SessionTable::Live(uint32_t now, uint32_t idle) const {
  const std::span<const Slot> slots(slots_, Capacity());
  return static_cast<size_t>(
      std::ranges::count_if(slots, [&](const Slot& slot) {
        return slot.seen != 0 && uint64_t{slot.seen} + idle >= now &&
               slot.expires > now;
      }));
}

size_t SessionTable::Capacity() const { return sets_ * kWays; }

// The id is random and signed, so its bytes are the hash.
std::span<SessionTable::Slot> SessionTable::SetOf(
    const session::SessionId& sid) const {
  uint64_t hash = 0;
  std::memcpy(&hash, sid.data(), sizeof(hash));
  return {slots_ + hash % sets_ * kWays, kWays};
}

}  // namespace usher::engine
