#include "ngx_module/engine/rate_table.h"

#include <algorithm>

namespace usher::engine {
namespace {

constexpr size_t kShare = 32;
constexpr uint64_t kMinute = 60'000;

uint64_t Milliseconds(uint32_t seconds) { return uint64_t{seconds} * 1000; }

}  // namespace

size_t RateTable::ShareOf(size_t memory) {
  constexpr size_t kSet = kWays * sizeof(Entry);
  return std::max<size_t>(1, memory / kShare / kSet) * kSet;
}

RateTable::RateTable(std::span<std::byte> memory)
    : entries_(reinterpret_cast<Entry*>(memory.data()),
               memory.size() / sizeof(Entry)) {}

void RateTable::Format() { std::ranges::fill(entries_, Entry{}); }

uint32_t RateTable::Wait(uint64_t key, const Rate& rate, uint32_t now) const {
  const Entry* const entry = Find(key);
  if (entry == nullptr || rate.per_minute == 0) return 0;
  const uint64_t step = kMinute / rate.per_minute;
  const uint64_t allowed = Milliseconds(now) + step * rate.burst;
  if (entry->at + step <= allowed) return 0;
  return static_cast<uint32_t>((entry->at + step - allowed + 999) / 1000);
}

void RateTable::Spend(uint64_t key, const Rate& rate, uint32_t now) {
  if (rate.per_minute == 0) return;
  Entry* const found = Find(key);
  Entry& entry = found != nullptr ? *found : Take(key);
  // What is in debt stays so: who goes on is told to wait no longer for it.
  const uint64_t step = kMinute / rate.per_minute;
  const uint64_t latest = Milliseconds(now) + step * rate.burst;
  entry.at = std::min(std::max(entry.at, Milliseconds(now)) + step, latest);
}

void RateTable::Remember(uint64_t key, uint32_t now) {
  Entry* const found = Find(key);
  (found != nullptr ? *found : Take(key)).at = Milliseconds(now);
}

bool RateTable::Knows(uint64_t key) const { return Find(key) != nullptr; }

void RateTable::Forget(uint64_t key) {
  if (Entry* const entry = Find(key)) *entry = Entry{};
}

std::span<RateTable::Entry> RateTable::SetOf(uint64_t key) const {
  return entries_.subspan((key >> 32) % (entries_.size() / kWays) * kWays,
                          kWays);
}

RateTable::Entry* RateTable::Find(uint64_t key) const {
  const auto set = SetOf(key);
  const auto found = std::ranges::find(set, key, &Entry::key);
  return found == set.end() ? nullptr : &*found;
}

RateTable::Entry& RateTable::Take(uint64_t key) {
  Entry& entry = *std::ranges::min_element(SetOf(key), {}, &Entry::at);
  entry = {.key = key, .at = 0};
  return entry;
}

}  // namespace usher::engine
