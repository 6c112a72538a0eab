// The session table with a million sessions in it: what a request of one costs.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "ngx_module/engine/house.h"

namespace usher::engine {
namespace {

constexpr uint32_t kNow = 1'800'000'000;
constexpr size_t kShards = 8;
constexpr size_t kSessions = 1'000'000;
// 8 000 sessions per MB, and some room: shards are not filled evenly.
constexpr size_t kShardSize = (size_t{160} << 20) / kShards;

session::Session Numbered(uint64_t number) {
  // Spread as random ids are (the multiplier of SplitMix64).
  const uint64_t spread = number * 0x9e3779b97f4a7c15;
  session::Session session;
  std::memcpy(session.sid.data(), &spread, sizeof spread);
  const uint64_t ticket = ~spread * 0xbf58476d1ce4e5b9;
  std::memcpy(session.ticket.data(), &ticket, sizeof ticket);
  session.expires = kNow + 3600;
  return session;
}

class FullHouse {
 public:
  FullHouse() : memory_(kShards * kShardSize / sizeof(uint64_t)) {
    std::vector<Shard> shards;
    for (size_t i = 0; i < kShards; ++i) {
      SessionTable table(std::as_writable_bytes(std::span(memory_))
                             .subspan(i * kShardSize, kShardSize));
      table.Format();
      shards.push_back({table, {nullptr, [](void*) {}, [](void*) {}}});
    }
    house_ = std::make_unique<House>(std::move(shards));
    for (uint64_t i = 0; i < kSessions; ++i) Enter(i);
  }
  Entry Enter(uint64_t number) {
    return house_->Enter(Numbered(number), Entrance::kUse, {}, kNow);
  }
  size_t Live() const {
    size_t live = 0;
    for (const Shard& shard : house_->shards()) {
      live += shard.table.Live(kNow, 60);
    }
    return live;
  }

 private:
  std::vector<uint64_t> memory_;
  std::unique_ptr<House> house_;
};

FullHouse& TheHouse() {
  static FullHouse house;
  return house;
}

void UseASeat(benchmark::State& state) {
  FullHouse& house = TheHouse();
  uint64_t number = 0;
  for (auto _ : state) {
    // Another session each time, far from the last one.
    number = (number + 611'953) % kSessions;
    const Entry entry = house.Enter(number);
    if (entry.denial) state.SkipWithError("refused");
  }
  state.counters["live"] = static_cast<double>(house.Live());
}
BENCHMARK(UseASeat);

}  // namespace
}  // namespace usher::engine
